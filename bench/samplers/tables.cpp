#include "tables.hpp"

#include <algorithm>
#include <array>
#include <hush/io/atomic_file.hpp>
#include <hush/io/number.hpp>
#include <hush/io/plot.hpp>
#include <map>
#include <optional>
#include <set>
#include <sstream>

namespace bench_samplers {
namespace {

/// The names in the order in which they first stand there.
std::vector<std::string> names_of(const std::vector<Cell>& cells) {
  std::vector<std::string> names;
  for (const Cell& cell : cells)
    if (std::find(names.begin(), names.end(), cell.sampler) == names.end()) names.push_back(cell.sampler);
  return names;
}

const Cell* found(const std::vector<Cell>& cells, const std::string& sampler, int most) {
  for (const Cell& cell : cells)
    if (cell.sampler == sampler && cell.most == most) return &cell;
  return nullptr;
}

/// The Fréchet distances at a glance: a row a sampler, a column a number of calls.
std::string overview(const std::vector<Cell>& cells, const std::vector<int>& most) {
  std::string head = "| Fréchet distance |", rule = "|---|", rows;
  std::map<int, double> best;
  for (const int m : most) {
    head += to_text(" at most ", m, " calls |"), rule += "---:|";
    for (const Cell& cell : cells)
      if (cell.most == m && cell.steps > 0 && (!best.count(m) || cell.frechet < best[m])) best[m] = cell.frechet;
  }
  for (const std::string& name : names_of(cells)) {
    rows += to_text("| ", name, " |");
    for (const int m : most) {
      const Cell* cell = found(cells, name, m);
      if (!cell || cell->steps == 0) {
        rows += cell ? " – |" : " |";
        continue;
      }
      const std::string number = io::fixed(cell->frechet, 2);
      rows += to_text(" ", cell->frechet == best[m] ? to_text("**", number, "**") : number,
                      cell->calls == m ? "" : to_text(" (", cell->calls, ")"), " |");
    }
    rows += "\n";
  }
  return head + "\n" + rule + "\n" + rows;
}

/// All that was measured at one number of calls, the best first.
std::string details(std::vector<Cell> cells, int most) {
  std::erase_if(cells, [&](const Cell& cell) { return cell.most != most; });
  std::stable_sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) {
    return (a.steps == 0) != (b.steps == 0) ? b.steps == 0 : a.frechet < b.frechet;
  });
  std::string text =
      to_text("At most ", most, " calls:\n\n",
              "| sampler | calls | steps | seconds an image | overhead a step, µs | Fréchet | precision | "
              "recall |\n|---|---:|---:|---:|---:|---:|---:|---:|\n");
  for (const Cell& c : cells) {
    if (c.steps == 0)
      text += to_text("| ", c.sampler, " | – | – | – | – | – | – | – |\n");
    else
      text += to_text("| ", c.sampler, " | ", c.calls, " | ", c.steps, " | ", io::fixed(c.seconds, 4), " | ",
                      io::fixed(1e6 * c.overhead, 0), " | ", io::fixed(c.frechet, 2), " | ", io::fixed(c.precision, 3),
                      " | ", io::fixed(c.recall, 3), " |\n");
  }
  return text;
}

double number_of(const std::string& field) {
  const std::optional<double> read = io::read_number(field);
  check(read.has_value(), "bench_samplers", "a table has ", field, " where a number is wanted");
  return *read;
}

constexpr const char* columns =
    "run,sampler,most,setting,steps,calls,seconds_an_image,overhead_seconds_a_step,frechet,precision,recall";

}  // namespace

std::string markdown(const std::vector<Cell>& cells, const std::vector<int>& most) {
  std::string text = overview(cells, most);
  for (const int m : most)
    if (std::any_of(cells.begin(), cells.end(), [m](const Cell& cell) { return cell.most == m; }))
      text += to_text("\n", details(cells, m));
  return text;
}

void write_plot(const std::filesystem::path& file, const std::vector<Cell>& cells, double real) {
  // one or two of each kind, the best among them
  const std::set<std::string> drawn{"ddpm",   "ddim", "pndm",    "heun",        "heun-churn", "dpm2",
                                    "dpm2-a", "lms",  "dpm++2m", "dpm++2m-sde", "unipc3"};
  std::vector<io::Curve> curves;
  for (const std::string& name : names_of(cells)) {
    if (!drawn.count(name)) continue;
    io::Curve curve{.name = name};
    for (const Cell& cell : cells)
      if (cell.sampler == name && cell.steps > 0)
        curve.x.push_back(double(cell.calls)), curve.y.push_back(cell.frechet);
    curves.push_back(std::move(curve));
  }
  io::Curve line{.name = "real images"};
  for (const Cell& cell : cells)
    if (cell.steps > 0)
      line.x = {5, std::max(line.x.empty() ? 5 : line.x.back(), double(cell.calls))}, line.y = {real, real};
  curves.push_back(std::move(line));
  io::write_curves(file, curves,
                   {.title = "Quality against network calls",
                    .x = "network calls an image",
                    .y = "Fréchet distance (features of a classifier)",
                    .logarithmic = true,
                    .logarithmic_x = true,
                    .height = 480});
}

void write_rows(const std::filesystem::path& file, const std::vector<Row>& rows) {
  std::string text = to_text(columns, '\n');
  for (const auto& [run, c] : rows)
    text += to_text(run, ',', c.sampler, ',', c.most, ',', c.setting, ',', c.steps, ',', c.calls, ',',
                    io::number(c.seconds), ',', io::number(c.overhead), ',', io::number(c.frechet), ',',
                    io::number(c.precision), ',', io::number(c.recall), '\n');
  io::write_file(file, std::string_view(text));
}

std::vector<Row> read_rows(const std::filesystem::path& file) {
  std::vector<Row> rows;
  if (!std::filesystem::exists(file)) return rows;
  const auto bytes = io::read_file(file);
  std::istringstream lines(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  std::string line;
  std::getline(lines, line);
  if (line != columns) throw FileError(file, "is no table of this program: it will not be continued");
  while (std::getline(lines, line)) {
    std::istringstream parts(line);
    std::array<std::string, 11> field;
    for (std::string& each : field) std::getline(parts, each, ',');
    rows.push_back({field[0],
                    {.sampler = field[1],
                     .most = std::stoi(field[2]),
                     .setting = std::stoi(field[3]),
                     .steps = std::stoi(field[4]),
                     .calls = std::stoi(field[5]),
                     .seconds = number_of(field[6]),
                     .overhead = number_of(field[7]),
                     .frechet = number_of(field[8]),
                     .precision = number_of(field[9]),
                     .recall = number_of(field[10])}});
  }
  return rows;
}

std::string filled_in(const std::string& text, const std::string& name, const std::string& content) {
  const std::string begin = "<!-- " + name + " -->\n", end = "<!-- /" + name + " -->";
  const auto from = text.find(begin), to = text.find(end);
  check(from != text.npos && to != text.npos && from < to, "bench_samplers", "the document has no place for ", name);
  return text.substr(0, from + begin.size()) + content + text.substr(to);
}

}  // namespace bench_samplers
