#pragma once
#include <exception>
#include <string>

#include <hush/errors.hpp>

// What a call throws, as text.
namespace thrown {

inline std::string message(const auto& call) {
  try {
    call();
  } catch (const std::exception& error) { return error.what(); }
  return "nothing was thrown";
}

/// The same where nothing but a CudaError will do.
inline std::string cuda_message(const auto& call) {
  try {
    call();
  } catch (const hush::CudaError& error) { return error.what(); } catch (const std::exception& error) {
    return std::string("not a CudaError: ") + error.what();
  }
  return "nothing was thrown";
}

}  // namespace thrown
