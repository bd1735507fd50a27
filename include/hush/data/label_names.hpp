#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/check.hpp>

namespace hush::data {

/// The edit distance of two words: insertions, deletions, replacements and swaps of neighbouring letters (optimal
/// string alignment).
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

/// The names of labels: label i is names[i]. Throws std::invalid_argument for an empty name and for a repeated one.
class LabelNames {
 public:
  LabelNames() = default;
  explicit LabelNames(std::vector<std::string> names) : names_(std::move(names)) {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      check(!names_[i].empty(), "LabelNames", "label ", i, " has no name");
      const bool fresh = number_.emplace(names_[i], std::int32_t(i)).second;
      check(fresh, "LabelNames", "two labels are called \"", names_[i], '"');
    }
  }

  std::int64_t size() const { return std::int64_t(names_.size()); }
  const std::vector<std::string>& names() const { return names_; }
  const std::string& operator[](std::int32_t label) const {
    check(label >= 0 && label < size(), "LabelNames", "label ", label, " of ", size());
    return names_[std::size_t(label)];
  }
  bool has(const std::string& name) const { return number_.count(name) > 0; }

  /// The label of that name. Throws std::invalid_argument, with the nearest names there are.
  std::int32_t operator()(const std::string& name) const {
    const auto found = number_.find(name);
    if (found == number_.end()) throw std::invalid_argument("[LabelNames] " + refusal(name));
    return found->second;
  }
  /// The error text for an unknown name: "there is no label \"red cub\"; near are \"red cube\", \"red cylinder\"".
  std::string refusal(const std::string& name) const {
    std::vector<std::pair<std::size_t, std::size_t>> near;
    const std::string_view compared = std::string_view(name).substr(0, 64);
    for (std::size_t i = 0; i < names_.size(); ++i) near.emplace_back(edit_distance(compared, names_[i]), i);
    std::ranges::sort(near);
    std::string text = to_text("there is no label \"", compared, name.size() > 64 ? "...\"" : "\"");
    for (std::size_t i = 0; i < std::min<std::size_t>(3, near.size()); ++i)
      text += to_text(i == 0 ? "; near are \"" : ", \"", names_[near[i].second], '"');
    return text;
  }
  /// Labels from a list of names, "red cube, blue sphere": blanks around names do not count. Throws
  /// std::invalid_argument for an empty list, a name that is not there, and one that stands there twice.
  std::vector<std::int32_t> parse(std::string_view list) const {
    std::vector<std::int32_t> labels;
    for (std::size_t from = 0; from <= list.size();) {
      const std::size_t comma = std::min(list.find(',', from), list.size());
      std::string_view name = list.substr(from, comma - from);
      from = comma + 1;
      const std::size_t first = name.find_first_not_of(" \t"), last = name.find_last_not_of(" \t");
      name = first == name.npos ? std::string_view() : name.substr(first, last - first + 1);
      check(!name.empty(), "LabelNames", "a list of labels names none: \"", list.substr(0, 64), '"');
      labels.push_back((*this)(std::string(name)));
      check(std::ranges::count(labels, labels.back()) == 1, "LabelNames", '"', name,
            "\" stands twice in a list of labels");
    }
    return labels;
  }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::int32_t> number_;
};

}  // namespace hush::data
