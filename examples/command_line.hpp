#pragma once
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string>

#include "where.hpp"

// What the command lines of the examples share.
namespace examples {

/// --device, --precision, --threads.
inline void add_where(CLI::App& command, Where& where) {
  command.add_option("--device", where.device, "cpu, or cuda if the program was built with it")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command.add_option("--precision", where.precision, "On cuda: bf16 (fastest), tf32 or fp32")
      ->check(CLI::IsMember({"bf16", "tf32", "fp32"}));
  command.add_option("--threads", where.threads, "Threads of the CPU, 0: all cores; the result does not depend on it")
      ->check(CLI::NonNegativeNumber);
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
