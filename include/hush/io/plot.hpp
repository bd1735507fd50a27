#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <hush/io/atomic_file.hpp>
#include <hush/io/file_ending.hpp>
#include <hush/io/number.hpp>

namespace hush::io {

/// One curve of a plot; points that are not finite (or, on a logarithmic axis, not positive) leave a gap.
struct Curve {
  std::string name;
  std::vector<double> x = {}, y = {};
};

/// Labels, scales and size of a plot.
struct Axes {
  std::string title = {}, x = "step", y = "loss";
  bool logarithmic = false;  ///< the y axis
  bool logarithmic_x = false;
  int width = 720, height = 400;
  Disk disk = {};
};

namespace detail {

inline std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else if (static_cast<unsigned char>(c) >= ' ')
      out += c;
  }
  return out;
}

/// One axis: maps data between `low` and `high` to `from` .. `to` in the picture. Its ticks are round numbers.
struct Scale {
  double low = 0, high = 1, from = 0, to = 1;
  bool logarithmic = false;

  double bent(double value) const { return logarithmic ? std::log10(value) : value; }
  double place(double value) const { return from + (bent(value) - bent(low)) / (bent(high) - bent(low)) * (to - from); }
  bool shows(double value) const { return std::isfinite(value) && (!logarithmic || value > 0); }

  std::vector<double> ticks() const {
    std::vector<double> ticks;
    if (logarithmic && bent(high) - bent(low) > .9) {
      const double decades = bent(high) - bent(low), stride = std::max(1.0, std::ceil(decades / 10));
      for (double power = std::floor(bent(low)); power <= bent(high); power += stride)
        for (const int digit : {1, 2, 5})
          if (digit == 1 || decades < 4) ticks.push_back(digit * std::pow(10, power));
    } else {
      const double rough = (high - low) / 6, power = std::pow(10, std::floor(std::log10(rough)));
      const double step = power * (rough / power > 5 ? 10 : rough / power > 2 ? 5 : rough / power > 1 ? 2 : 1);
      for (double at = std::ceil(low / step); at <= high / step + 1e-9; ++at) ticks.push_back(at * step);
    }
    const auto outside = [this](double tick) {
      return !(place(tick) >= std::min(from, to) - 0.5 && place(tick) <= std::max(from, to) + 0.5);
    };
    ticks.erase(std::remove_if(ticks.begin(), ticks.end(), outside), ticks.end());
    return ticks;
  }
};

/// The scale extended to the range of all values that it shows.
inline Scale scale_of(const std::vector<Curve>& curves, std::vector<double> Curve::*values, Scale scale) {
  scale.low = std::numeric_limits<double>::infinity();
  scale.high = -scale.low;
  for (const auto& curve : curves)
    for (const double value : curve.*values) {
      if (!scale.shows(value)) continue;
      scale.low = std::min(scale.low, value);
      scale.high = std::max(scale.high, value);
    }
  if (scale.low > scale.high) {
    scale.low = 1;
    scale.high = 2;
  }
  const double wanted = std::max(1e-12, 1e-6 * std::abs(scale.high));
  if (scale.high - scale.low < wanted) {
    if (!scale.logarithmic) scale.low -= wanted;
    scale.high += wanted;
  }
  return scale;
}

/// How many characters a UTF-8 text has.
inline int length(const std::string& text) {
  return int(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// Positions between `from` and `to` for lines of text of height `line` (less if they do not fit), in the order of
/// their wanted positions and as near to them as possible.
inline std::vector<double> rows_near(const std::vector<double>& wanted, double from, double to, double line) {
  std::vector<std::size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return wanted[a] < wanted[b]; });
  line = std::min(line, (to - from) / double(std::max<std::size_t>(2, wanted.size()) - 1));
  std::vector<double> rows(wanted.size());
  double least = from;
  for (const std::size_t i : order) {
    rows[i] = std::max(wanted[i], least);
    least = rows[i] + line;
  }
  double most = to;
  for (auto i = order.rbegin(); i != order.rend(); ++i) {
    rows[*i] = std::min(rows[*i], most);
    most = rows[*i] - line;
  }
  return rows;
}

}  // namespace detail

/// A line chart as SVG text: axes with round ticks, one colour a curve, and if there is more than one their names at
/// the right, near where they end.
inline std::string curves_svg(const std::vector<Curve>& curves, const Axes& axes = {}) {
  using detail::escaped;
  check(axes.width >= 160 && axes.height >= 120, "curves_svg", "a plot needs at least 160 x 120 pixels");
  for (const auto& curve : curves)
    check(curve.x.size() == curve.y.size(), "curves_svg", '"', curve.name, "\" has ", curve.x.size(), " x and ",
          curve.y.size(), " y");
  constexpr std::array colours{"#3366cc", "#dc3912", "#109618", "#ff9900", "#990099", "#0099c6",
                               "#8b4513", "#dd4477", "#66aa00", "#222222", "#7b8fa8", "#b8a000"};
  int longest = 0;
  for (const auto& curve : curves) longest = std::max(longest, detail::length(curve.name));
  const double names = curves.size() > 1 ? 24 + 7 * std::min(longest, axes.width / 28) : 0;
  const double left = 64, right = axes.width - 16 - names, top = axes.title.empty() ? 14 : 36,
               bottom = axes.height - 44;
  const auto x = detail::scale_of(curves, &Curve::x, {0, 1, left, right, axes.logarithmic_x});
  const auto y = detail::scale_of(curves, &Curve::y, {0, 1, bottom, top, axes.logarithmic});
  const auto at = [](double value) { return fixed(value, 1); };
  const auto text = [&](double tx, double ty, const char* anchor, const std::string& what,
                        const std::string& more = "") {
    return to_text("<text x=\"", at(tx), "\" y=\"", at(ty), "\" text-anchor=\"", anchor, "\"", more, ">", escaped(what),
                   "</text>\n");
  };
  const auto rule = [&](double x1, double y1, double x2, double y2, const char* colour) {
    return to_text("<path d=\"M", at(x1), ' ', at(y1), 'L', at(x2), ' ', at(y2), "\" stroke=\"", colour, "\"/>\n");
  };

  std::string svg = to_text("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", axes.width, "\" height=\"",
                            axes.height, "\" viewBox=\"0 0 ", axes.width, ' ', axes.height,
                            "\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n"
                            "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
  for (const double tick : x.ticks())
    svg += rule(x.place(tick), bottom, x.place(tick), bottom + 5, "#666") +
           text(x.place(tick), bottom + 19, "middle", general(tick, 7));
  for (const double tick : y.ticks())
    svg += rule(left, y.place(tick), right, y.place(tick), "#e4e4e4") +
           text(left - 7, y.place(tick) + 4, "end", general(tick, 4));
  svg += rule(left, bottom, right, bottom, "#666") + rule(left, top, left, bottom, "#666");
  svg += text((left + right) / 2, axes.height - 8, "middle", axes.x);
  svg += text(0, 0, "middle", axes.y, to_text(" transform=\"translate(15 ", at((top + bottom) / 2), ") rotate(-90)\""));
  if (!axes.title.empty()) svg += text((left + right) / 2, 22, "middle", axes.title, " font-size=\"15\"");

  std::vector<double> ends(curves.size(), bottom);
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const auto* colour = colours[i % colours.size()];
    std::string path;
    bool pen_down = false;
    for (std::size_t k = 0; k < curves[i].x.size(); ++k) {
      const bool shown = x.shows(curves[i].x[k]) && y.shows(curves[i].y[k]);
      if (shown) {
        ends[i] = y.place(curves[i].y[k]);
        path += to_text(pen_down ? 'L' : 'M', at(x.place(curves[i].x[k])), ' ', at(ends[i]));
      }
      pen_down = shown;
    }
    svg += to_text("<path d=\"", path, "\" fill=\"none\" stroke-width=\"1.5\" stroke-linejoin=\"round\" stroke=\"",
                   colour, "\"/>\n");
  }
  const std::vector<double> rows = detail::rows_near(ends, top + 4, bottom - 4, 15);
  for (std::size_t i = 0; curves.size() > 1 && i < curves.size(); ++i) {
    const auto* colour = colours[i % colours.size()];
    svg += rule(right + 3, ends[i], right + 15, rows[i], colour) +
           text(right + 18, rows[i] + 4, "start", curves[i].name, to_text(" fill=\"", colour, '"'));
  }
  return svg + "</svg>\n";
}

/// Writes a line chart of loss curves (or anything else) as an SVG picture, whole or not at all. Throws FileError,
/// also for a name with the ending of another kind.
inline void write_curves(const std::filesystem::path& file, const std::vector<Curve>& curves, const Axes& axes = {}) {
  check_svg_name(file);
  write_file(file, std::string_view(curves_svg(curves, axes)), axes.disk);
}

}  // namespace hush::io
