#include <algorithm>
#include <cmath>
#include <cstdio>
#include <hush/hush.hpp>
#include <iostream>
#include <numeric>

#include "evaluator.hpp"
#include "generator.hpp"
#include "mistakes.hpp"

namespace iclevr {

namespace {

using Machine = Cpu<float>;

Evaluator<Machine> evaluator_of(const EvaluateArguments& a) {
  const auto metadata = io::read_safetensors(a.evaluator).metadata;
  const auto side = metadata.find("side");
  if (side == metadata.end() || (side->second != "32" && side->second != "64"))
    throw FileError(a.evaluator, "is no evaluator: train-evaluator writes one, with its side in the metadata");
  Evaluator<Machine> evaluator(side->second == "64" ? 64 : 32, Seed{}, Machine{.threads = a.how.where.threads});
  io::load_weights(a.evaluator, evaluator);
  return evaluator;
}

/// A list of labels and its name.
struct NamedSets {
  std::string name;
  Sets labels;
};

/// What was found in the pictures of a list, over some seeds.
struct Scores {
  std::vector<double> accuracies;
  Mistakes mistakes;

  void add(const std::vector<float>& rows, const Sets& labels) {
    accuracies.push_back(metrics::label_accuracy(rows, Evaluator<Machine>::labels, labels).value());
    mistakes += mistakes_in(rows, labels);
  }
  /// Mean and, of more than one seed, standard deviation.
  std::string text() const {
    const double n = double(accuracies.size()), mean = std::accumulate(accuracies.begin(), accuracies.end(), 0.) / n;
    double squares = 0;
    for (const double one : accuracies) squares += (one - mean) * (one - mean);
    if (accuracies.size() == 1) return io::fixed(mean, 4);
    return to_text(io::fixed(mean, 4), " +- ", io::fixed(std::sqrt(squares / (n - 1)), 4));
  }
};

/// The same sets in another order, so that hardly a picture has its own.
Sets shuffled(const Sets& labels, std::uint64_t seed) {
  Sets other;
  for (const std::int64_t i : shuffle(std::int64_t(labels.size()), seed, 0)) other.push_back(labels[std::size_t(i)]);
  return other;
}

/// A grid of the pictures whose labels were not all found, and a line of each: the labels, and what was found.
void write_missed(const std::filesystem::path& file, const Images<float>& pictures, const std::vector<float>& rows,
                  const Sets& labels) {
  Images<float> missed(0, pictures.height, pictures.width, 3);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::vector<std::int32_t> found = found_in(rows, i, labels[i].size());
    if (std::ranges::is_permutation(found, labels[i])) continue;
    std::printf("%3d: picture %d shows %s; found: %s\n", int(missed.count), int(i), names_of(labels[i]).c_str(),
                names_of(found).c_str());
    const auto picture = pictures[std::int64_t(i)];
    missed.pixels.insert(missed.pixels.end(), picture.begin(), picture.end());
    ++missed.count;
  }
  if (missed.count == 0) {
    std::printf("no label was missed\n");
    return;
  }
  io::write_grid(file, missed, {.columns = 8, .scale = pictures.height < 64 ? 4 : 2});
  std::printf("%d pictures in %s\n", int(missed.count), file.c_str());
}

void print_row(const std::string& name, const auto& cells) {
  std::printf("| %s |", name.c_str());
  for (const std::string& cell : cells) std::printf(" %s |", cell.c_str());
  std::printf("\n");
}

/// What stands in the place of labels that were missed, a row a kind and a column a list.
void print_mistakes(const std::vector<Mistakes>& lists) {
  const auto row = [&](const char* name, std::int64_t Mistakes::*kind) {
    std::vector<std::string> cells;
    for (const Mistakes& one : lists) cells.push_back(to_text(one.*kind));
    print_row(name, cells);
  };
  row("labels", &Mistakes::labels);
  row("missed", &Mistakes::missed);
  row("instead: another shape of a right colour", &Mistakes::shape);
  row("instead: another colour of a right shape", &Mistakes::colour);
  row("instead: colour of one object, shape of another", &Mistakes::swapped);
  row("instead: neither", &Mistakes::neither);
}

int evaluate_folder(const EvaluateArguments& a) {
  check(a.labels.size() == 1, "evaluate", "--pictures wants one list of --labels, got ", a.labels.size());
  const Sets labels = label_lists(a.labels[0]);
  const Evaluator<Machine> evaluator = evaluator_of(a);
  const auto folder = data::image_folder(a.pictures, {.size = {evaluator.side(), evaluator.side()}});
  check(folder.size() == std::int64_t(labels.size()), "evaluate", a.pictures.string(), " holds ", folder.size(),
        " pictures, ", a.labels[0].string(), " has labels of ", labels.size());
  std::vector<std::int64_t> all(labels.size());
  std::iota(all.begin(), all.end(), std::int64_t(0));
  const Images<float> pictures = folder.batch(all);
  const std::vector<float> rows = examples::rows_of(evaluator.on(), pictures, evaluator);
  const auto found = metrics::label_accuracy(rows, Evaluator<Machine>::labels, labels);
  std::printf("%d of %d labels found, accuracy %.4f\n\n", int(found.hits), int(found.labels), found.value());
  print_row("pictures", std::vector{a.pictures.filename().string()});
  std::printf("|---|---|\n");
  print_mistakes({mistakes_in(rows, labels)});
  if (!a.missed.empty()) write_missed(a.missed, pictures, rows, labels);
  return 0;
}

std::vector<NamedSets> lists_of(const EvaluateArguments& a) {
  std::vector<NamedSets> lists;
  const std::vector<std::filesystem::path> usual{"data/iclevr/test.json", "data/iclevr/new_test.json"};
  for (const auto& file : a.labels.empty() ? usual : a.labels) {
    lists.push_back({file.stem().string(), label_lists(file)});
    check(!lists.back().labels.empty(), "evaluate", file.string(), " has no list of labels");
  }
  return lists;
}

/// The scores of a list: of pictures that are generated, of these against the labels of others, and of drawn scenes.
struct ListScores {
  Scores generated, out_of_order, scenes;
};
ListScores scores_of(const EvaluateArguments& a, const Sets& labels, const Evaluator<Machine>& evaluator,
                     const Generator& generator, const std::filesystem::path& missed) {
  const auto rows_of = [&](const Images<float>& pictures) {
    return examples::rows_of(evaluator.on(), pictures, evaluator);
  };
  ListScores scores;
  for (std::int64_t k = 0; k < a.seeds; ++k) {
    const std::uint64_t seed = a.how.seed + std::uint64_t(k);
    // As bytes, like the pictures of a folder.
    const Images<float> pictures = data::to_floats(data::to_bytes(generator.make(labels, seed, nullptr)));
    const std::vector<float> rows = rows_of(pictures);
    scores.generated.add(rows, labels);
    scores.out_of_order.add(rows, shuffled(labels, seed));
    const data::Shapes truth(labels, evaluator.side(), evaluator.side(), seed);
    scores.scenes.add(rows_of(data::to_floats(data::in_memory(truth).pictures())), labels);
    if (k == 0 && !missed.empty()) write_missed(missed, pictures, rows, labels);
  }
  return scores;
}

int evaluate_weights(const EvaluateArguments& a) {
  const std::vector<NamedSets> lists = lists_of(a);
  const Evaluator<Machine> evaluator = evaluator_of(a);
  const Generator generator = iclevr::generator(a.how);
  check(generator.image.height == evaluator.side(), "evaluate", a.how.weights.string(), " makes pictures of ",
        generator.image, ", ", a.evaluator.string(), " judges those of side ", evaluator.side(),
        ": train an evaluator with --size ", generator.image.height);
  std::vector<std::string> names, made, other, drawn;
  std::vector<Mistakes> mistakes;
  for (const NamedSets& list : lists) {
    const ListScores scores = scores_of(a, list.labels, evaluator, generator, names.empty() ? a.missed : "");
    names.push_back(list.name);
    made.push_back(scores.generated.text());
    other.push_back(scores.out_of_order.text());
    drawn.push_back(scores.scenes.text());
    mistakes.push_back(scores.generated.mistakes);
  }
  std::printf("accuracy of %s, %s, %d steps, guidance %g, %d seeds from %d on\n\n", a.how.weights.filename().c_str(),
              a.how.sampler.c_str(), a.how.steps, a.how.guidance, int(a.seeds), int(a.how.seed));
  print_row("pictures", names);
  print_row("---", std::vector<std::string>(lists.size(), "---"));
  print_row("generated", made);
  print_row("generated, labels shuffled", other);
  print_row("drawn scenes", drawn);
  print_mistakes(mistakes);
  return 0;
}

}  // namespace

int evaluate(const EvaluateArguments& a) {
  check(a.pictures.empty() != a.how.weights.empty(), "evaluate",
        "wants --weights of a generator, or --pictures, a folder");
  io::FilePlan files;
  if (!a.pictures.empty()) files.reads_folder("--pictures", a.pictures);
  files.reads("--weights", a.how.weights);
  for (const auto& list : a.labels) files.reads("--labels", list);
  files.reads("--evaluator", a.evaluator);
  files.writes("--missed", a.missed, ".png");
  files.check();
  return a.pictures.empty() ? evaluate_weights(a) : evaluate_folder(a);
}

}  // namespace iclevr
