#pragma once
#include <CLI/CLI.hpp>
#include <cmath>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

#include <hush/check.hpp>

#include "where.hpp"

// What the command lines of the examples share.
namespace examples {

/// Takes finite numbers that are `fine`; `wanted` says which those are, `shown` the same in the help.
template <class Fine>
CLI::Validator number(std::string wanted, std::string shown, Fine fine) {
  return CLI::Validator(
      [=](const std::string& said) {
        double value = 0;
        if (CLI::detail::lexical_cast(said, value) && std::isfinite(value) && fine(value)) return std::string();
        return hush::words("wants a number ", wanted, ", got ", said);
      },
      std::move(shown));
}
inline CLI::Validator at_least(int least) {
  return number(hush::words("of ", least, " or more"), hush::words(">= ", least),
                [least](double value) { return value >= least; });
}
inline CLI::Validator above(int bound) {
  return number(hush::words("above ", bound), hush::words("> ", bound),
                [bound](double value) { return value > bound; });
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

/// Reads the command line and does run(). Whatever goes wrong is said in one line on standard error; the exit code is
/// then 1.
template <class Run>
int main_of(CLI::App& app, const std::string& name, int argc, char** argv, const Run& run) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) { return app.exit(help); } catch (const CLI::ParseError& error) {
    std::cerr << name << ": " << error.what() << " (see --help)\n";
    return 1;
  }
  try {
    return run();
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << '\n';
    return 1;
  }
}

}  // namespace examples
