#include "files.hpp"

#include <hush/data/picture_files.hpp>
#include <hush/io/file_plan.hpp>
#include <hush/io/numbered_pngs.hpp>
#include <hush/io/progress.hpp>
#include <hush/io/stop.hpp>
#include <iostream>
#include <map>
#include <system_error>

#include "../shared/ranks.hpp"
#include "../shared/training_files.hpp"

namespace palette {

namespace {

/// The mask, where it is a file.
void tell_mask(io::FilePlan& files, const std::string& mask) {
  if (is_mask_file(mask)) files.reads("--mask", mask);
}

}  // namespace

bool is_mask_file(const std::string& mask) { return std::filesystem::path(mask).has_extension(); }

std::vector<Job> restorations(const RestoreArguments& a, const std::string& mask) {
  io::FilePlan files;
  std::vector<Job> jobs;
  std::error_code ignored;
  if (std::filesystem::is_directory(a.image, ignored)) {
    check(a.path.empty(), "path", "shows the way of one picture, ", a.image.string(), " is a folder");
    files.reads_folder("--image", a.image);
    std::map<std::filesystem::path, int> namesakes;
    const auto pictures = data::picture_files(a.image);
    const auto short_name = [](const data::PictureFile& file) {
      return std::filesystem::path(file.name).replace_extension(".png");
    };
    for (const data::PictureFile& file : pictures) ++namesakes[short_name(file)];
    for (const data::PictureFile& file : pictures) {
      const auto name = short_name(file);
      jobs.push_back({a.image / file.name, a.out / (namesakes[name] == 1 ? name.string() : file.name + ".png")});
    }
    std::map<std::filesystem::path, std::filesystem::path> from;
    for (const Job& job : jobs)
      if (const auto [other, first] = from.emplace(job.target, job.picture); !first)
        throw FileError(job.picture, to_text("would be restored to ", job.target.string(), ", and so would ",
                                             other->second.string(), ": give one of them another name"));
  } else {
    jobs = {{a.image, a.out}};
    files.reads("--image", a.image);
  }
  files.reads("--weights", a.weights);
  tell_mask(files, mask);
  for (const Job& job : jobs) {
    if (std::filesystem::exists(job.picture, ignored))
      files.reads("--image", job.picture);  // a link to nowhere fails alone
    files.writes("--out", job.target, ".png");
  }
  files.writes("--path", a.path, ".png");
  files.check();
  return jobs;
}

int restore_each(
    const RestoreArguments& a, const std::vector<Job>& jobs, std::int64_t steps,
    const std::function<Images<std::uint8_t>(const Job&, std::int64_t, const std::function<void()>&)>& make,
    const io::PictureText& text) {
  const io::Stop stop;
  io::Progress bar({.what = "restore", .total = std::int64_t(jobs.size()) * steps});
  std::vector<std::string> failed;
  std::size_t made = 0;
  for (std::size_t i = 0; i < jobs.size() && !stop(); ++i) {
    std::int64_t done = 0;
    const auto count = [&] { bar.update(1), ++done; };
    const auto missed = [&](const std::string& what) {
      const std::string name = jobs[i].picture.string();
      if (jobs.size() == 1) throw std::runtime_error(what.starts_with(name) ? what : name + ": " + what);
      bar.say("palette: " + (what.starts_with(name) ? what : name + ": " + what));
      failed.push_back(name);
      bar.update(steps - done);
    };
    Images<std::uint8_t> picture;
    try {
      picture = make(jobs[i], std::int64_t(i), count);
    } catch (const FileError& error) {
      if (error.path == a.weights) throw;
      missed(error.what());
    } catch (const std::invalid_argument& error) { missed(error.what()); } catch (const std::bad_alloc& error) {
      missed(to_text("too large: ", error.what()));
    }
    if (picture.count > 0) io::write_png(jobs[i].target, picture, text), ++made;
    if (!failed.empty() && a.stop_at_error) break;
  }
  bar.finish();
  const bool stopped = made + failed.size() < jobs.size();
  std::cout << (stopped ? "stopped early; " : "") << made << (made == jobs.size() ? "" : to_text(" of ", jobs.size()))
            << (jobs.size() == 1 ? " picture in " : " pictures in ") << a.out.string() << std::endl;
  if (failed.empty()) return stop.exit_code();
  std::string list;
  for (std::size_t i = 0; i < failed.size() && i < 5; ++i) list += (i ? ", " : "") + failed[i];
  std::cerr << "palette: " << failed.size() << " of " << jobs.size() << " pictures could not be restored: " << list
            << (failed.size() > 5 ? ", ..." : "") << std::endl;
  return 1;
}

void check_files(const TrainArguments& a) {
  io::FilePlan files;
  files.reads_folder("--data", a.data);
  tell_mask(files, a.mask);
  examples::tell_training(files, a.run, a.weights, a.from);
  for (const char* name : {"best.safetensors", "restorations.csv"}) files.writes("--run", a.run / name);
  files.keeps("--cache", a.cache);
  examples::on_rank_zero([&] { files.check(); });
}

void check_files(const EvaluateArguments& a, const std::string& mask) {
  io::FilePlan files;
  files.reads("--weights", a.weights);
  files.reads_folder("--data", a.data);
  tell_mask(files, mask);
  for (const char* name : {"evaluation.csv", "restored.png", "fool_test.csv"}) files.writes("--out", a.out / name);
  for (const char* name : {"truth", "restored", "mask", "fool_test"}) files.writes_folder("--out", a.out / name);
  files.check();
  for (const char* name : {"truth", "restored", "mask", "fool_test"}) io::left_of_earlier_pngs(a.out / name, 0);
}

}  // namespace palette
