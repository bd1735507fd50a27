#pragma once
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <exception>
#include <iostream>
#include <limits>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/errors.hpp>
#include <hush/io/number.hpp>
#include <hush/launch.hpp>

#include "nearest.hpp"
#include "ranks.hpp"
#include "where.hpp"

// The shared parts of the examples' command lines.
namespace examples {

/// Takes finite numbers that are `fine`; `wanted` says which those are, `shown` the same in the help.
template <class Fine>
CLI::Validator number(std::string wanted, std::string shown, Fine fine) {
  return CLI::Validator(
      [=](const std::string& said) {
        double value = 0;
        if (CLI::detail::lexical_cast(said, value) && std::isfinite(value) && fine(value)) return std::string();
        return hush::to_text("wants a number ", wanted, ", got ", said);
      },
      std::move(shown));
}
inline CLI::Validator at_least(int least) {
  return number(hush::to_text("of ", least, " or more"), hush::to_text(">= ", least),
                [least](double value) { return value >= least; });
}
inline CLI::Validator above(int bound) {
  return number(hush::to_text("above ", bound), hush::to_text("> ", bound),
                [bound](double value) { return value > bound; });
}
/// Takes a seed: CLI11 makes a large number of -1.
inline CLI::Validator seed() {
  return CLI::Validator(
      [](const std::string& said) {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(said.data(), said.data() + said.size(), value);
        if (error == std::errc{} && end == said.data() + said.size()) return std::string();
        return hush::to_text("wants a whole number of 0 to ", std::numeric_limits<std::uint64_t>::max(), ", got ",
                             said);
      },
      ">= 0");
}

/// --device, --precision, --threads.
inline void add_where(CLI::App& command, Where& where) {
  command.add_option("--device", where.device, "cpu, or cuda if the program was built with it")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command.add_option("--precision", where.precision, "On cuda: bf16 (fastest), tf32 or fp32")
      ->check(CLI::IsMember({"bf16", "tf32", "fp32"}));
  command.add_option("--threads", where.threads, "Threads of the CPU, 0: all cores; the result does not depend on it")
      ->check(at_least(0));
}

/// --accumulate, --time-limit.
inline void add_ranks(CLI::App& command, std::int64_t& micro_batches, double& time_limit) {
  command
      .add_option("--accumulate", micro_batches,
                  "Micro-batches that a batch is cut into; the ranks of mpiexec share them, and the result does not "
                  "depend on how many those are; 0: one for each rank")
      ->check(at_least(0));
  command.add_option("--time-limit", time_limit, "Seconds that a rank waits for the others before it ends all of them")
      ->check(above(0));
}

inline bool is_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && (word[1] == '-' || std::isalpha(static_cast<unsigned char>(word[1])));
}
/// The option of a command that is called so; null if there is none.
inline const CLI::Option* option_of(const CLI::App& command, const std::string& name) {
  for (const CLI::Option* one : command.get_options())
    if (one->check_name(name)) return one;
  return nullptr;
}
inline std::string did_you_mean(const std::string& word, const std::vector<std::string>& there) {
  const std::string near = nearest(word, there);
  return near.empty() ? std::string() : "; did you mean " + near + '?';
}

/// An error text for a value of an option of numbers that is none; empty if it is one. CLI11 reads 010 as 8, and the
/// largest number in the place of one that is larger.
inline std::string no_number(const CLI::Option& option, const std::string& value) {
  const std::string type = option.get_type_name();
  const bool whole = type.starts_with("INT"), natural = type.starts_with("UINT");
  if (!whole && !natural && !type.starts_with("FLOAT")) return {};
  const char comma = option.get_delimiter() ? option.get_delimiter() : '\0';
  for (const std::string& part : CLI::detail::split(value, comma)) {
    const std::string digits = part.substr(part.starts_with('-'));
    if ((whole || natural) && digits.size() > 1 && digits[0] == '0' &&
        std::isdigit(static_cast<unsigned char>(digits[1])))
      return hush::to_text("wants a number without zeros in front of it, got ", part);
    const bool is_one = whole     ? hush::io::read_number<std::int64_t>(part).has_value()
                        : natural ? hush::io::read_number<std::uint64_t>(digits).has_value()
                                  : hush::io::read_number(part).has_value();
    if (!is_one)
      return hush::to_text("wants a ", whole || natural ? "whole number in decimal digits, of 64 bits" : "number",
                           ", got ", part);
  }
  return {};
}

/// An error text for an option with its value that is given behind a command or not there; empty if there is none.
inline std::string wrong_value(const CLI::Option& option, const std::string& value, bool apart, bool before) {
  if (value.empty() || (apart && is_option(value))) return "wants a value";
  if (before && option.get_items_expected_max() == 1) return "is given twice";
  return no_number(option, value);
}

/// An error text for an option that is not one of the command's; the program's commands may have it.
inline std::string no_option(const CLI::App& app, const CLI::App& at, const std::string& name) {
  if (&at == &app)
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
      if (option_of(*command, name)) return name + " belongs behind the command";
  std::vector<std::string> names;
  for (const CLI::Option* one : at.get_options())
    for (const std::string& its : one->get_lnames()) names.push_back("--" + its);
  return hush::to_text("there is no option ", name, did_you_mean(name, names));
}

/// An error text for the first word of a command line that is no command, no option, or belongs to none, and for the
/// first value that cannot be; empty if there is none. CLI11 would first complain of missing options.
inline std::string not_understood(const CLI::App& app, const std::vector<std::string>& said) {
  std::vector<std::string> commands;
  std::string list;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(command->get_name());
    list += (list.empty() ? "" : ", ") + commands.back();
  }
  if (said.empty()) return "wants a command: " + list;
  const CLI::App* at = &app;
  std::set<const CLI::Option*> given;
  for (std::size_t i = 0; i < said.size(); ++i) {
    const std::string& word = said[i];
    const std::string of = at == &app ? "" : at->get_name() + ": ";
    if (!is_option(word)) {
      if (at != &app) return hush::to_text(of, '"', word, "\" belongs to no option");
      if (std::find(commands.begin(), commands.end(), word) == commands.end())
        return hush::to_text("there is no command ", word, did_you_mean(word, commands), " There are ", list);
      at = app.get_subcommand(word);
      continue;
    }
    const std::string name = word.substr(0, word.find('='));
    const CLI::Option* option = option_of(*at, name);
    if (!option) return of + no_option(app, *at, name);
    if (option->get_items_expected_max() == 0) continue;
    const bool apart = name == word;
    const std::string value = !apart ? word.substr(name.size() + 1) : ++i < said.size() ? said[i] : "";
    const std::string wrong = wrong_value(*option, value, apart, !given.insert(option).second);
    if (!wrong.empty()) return hush::to_text(of, name, ' ', wrong);
  }
  return {};
}

/// What an exception says; of memory, of which the standard library says nothing, what can be done.
inline std::string words_of(const std::exception& error) {
  const bool unnamed = dynamic_cast<const std::bad_alloc*>(&error) && !dynamic_cast<const hush::OutOfMemory*>(&error);
  if (!unnamed && !dynamic_cast<const std::length_error*>(&error)) return error.what();
  return "there is not enough memory: ask for fewer, for smaller ones, or for fewer at a time";
}

/// Parses the command line and calls run(). Any error is printed in one line on standard error, with exit code 1; what
/// all ranks of a run say alike, by rank 0.
template <class Run>
int main_of(CLI::App& app, const std::string& name, int argc, char** argv, const Run& run) {
  const auto say = [&, rank = hush::launch_of_environment().rank](const std::string& wrong) {
    if (rank == 0) std::cerr << name << ": " << wrong << '\n';
    return 1;
  };
  if (const std::string wrong = not_understood(app, {argv + 1, argv + argc}); !wrong.empty())
    return say(wrong + " (see --help)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) { return app.exit(help); } catch (const CLI::ParseError& error) {
    return say(error.what() + std::string(" (see --help)"));
  }
  try {
    return run();
  } catch (const hush::RankFailure& error) { return say(error.what()); } catch (const SaidByAll& error) {
    return say(error.what());
  } catch (const std::exception& error) {
    std::cerr << name << ": " << words_of(error) << '\n';
    return 1;
  }
}

}  // namespace examples
