"""Checks the checks: a small tree that breaks each rule once; every rule must speak up, and a clean tree must be silent."""
import contextlib
import io
import pathlib
import sys
import tempfile

import arrows
import house
import measures
import mirrors
import names
import snippets
import umbrellas

CLEAN = {
    "include/hush/version.hpp": "#pragma once\nnamespace hush {\n/// A number.\nstruct Version {};\nnamespace detail {\n"
                                "struct Inside {};\n}  // namespace detail\n}  // namespace hush\n",
    "include/hush/check.hpp": "#pragma once\n",
    "include/hush/level.hpp": "#pragma once\n#include <hush/check.hpp>\n/// A level.\nstruct Level {};\n",
    "include/hush/schedule.hpp": "#pragma once\n#include <hush/level.hpp>\n/// A concept.\ntemplate <class S>\n"
                                 "concept NoiseSchedule = true;\n",
    "include/hush/schedules/cosine.hpp": "#pragma once\n#include <hush/schedule.hpp>\n/// A schedule.\n"
                                         "struct Cosine {};\nstatic_assert(NoiseSchedule<Cosine>);\n",
    "include/hush/schedules/linear.hpp": "#pragma once\n#include <hush/schedule.hpp>\n/// A schedule.\n"
                                         "struct Linear {};\nstatic_assert(NoiseSchedule<Linear>);\n",
    # commas that are no operators, functions that are no longer than they may be
    "include/hush/weighting.hpp": "#pragma once\n/// A kind.\nenum class Kind { one, two, three };\n/// A map.\ntemplate <class K, class V = std::map<K, int>>\n"
        "struct Pairs : std::pair<K, V>, Kind {\n  Pairs(K k, V v) : first_{k, 1}, second_(v, 2), third_{} {}\n  int a = 1, b = 2;\n  K *c, &d;\n"
        "  static void visit(auto& self, auto&& f) { f(self.a), f(self.b); }\n};\ninline bool operator<(A a, B b) {\n  return a.x < b.x;\n}\n"
        "inline out& operator<<(out& o, const A& a) {\n  return o << a.x << b;\n}\ninline void f(int a, int b) {\n"
        "  std::map<int, int> m{{1, 2}, {3, 4}};\n  for (int i = 0, j = 1; i < j; ++i, --j) g(a, b);\n  const auto [x, y] = h(a, b);\n"
        "  (g(a), ...);\n  std::int64_t k = 1, l = k < 2 ? 1 : 2;\n  const Words<int, 2> w = {1, 2}, v = {3, 4};\n  T *p = q, *r = s;\n  std::cout << a << m[k < l] << '{' << std::endl;\n"
        "  each([&](int i, int j) -> std::pair<int, int> { return {i, j}; }, [=] { return a < b && b > a; }, 3);\n"
        + "  a += 1;\n" * 25 + "  return std::pair<int, int>(1, 2);\n}\n",
    "tests/weightings/weightings.cpp": "#include <hush/weighting.hpp>\nTEST_CASE",
    "tests/checks/names.txt": "# For users\nVersion\n",
    "tests/fields.cpp": "using Schedules = std::tuple<Cosine, Linear>;\n",
    "tests/version.cpp": "#include <hush/version.hpp>\nTEST_CASE",
    "tests/check.cpp": "#include <hush/check.hpp>\nTEST_CASE",
    "tests/part.cpp": "// [code]\nnew\n// [/code]\n",
    "tests/level.cpp": "#include <hush/level.hpp>\nTEST_CASE",
    "tests/schedules/schedules.cpp": "#include <hush/schedule.hpp>\n#include <hush/schedules/cosine.hpp>\n#include <hush/schedules/linear.hpp>\nTEST_CASE",
}

# check, file, what is written there (after the clean text where it starts with +), what the finding says
BROKEN = [
    (arrows, "include/hush/level.hpp", "+#include <hush/schedules/cosine.hpp>\n", "level may not include schedules"),
    (arrows, "include/hush/schedules/linear.hpp", "+#include <hush/schedules/cosine.hpp>\n", "siblings never meet"),
    (arrows, "include/hush/check.hpp", "+#include <hush/level.hpp>\n", "leads back here"),
    (arrows, "include/hush/level.hpp", "+#include <Eigen/Core>\n", "Eigen only in cpu/"),
    (arrows, "include/hush/level.hpp", "+#include <nlohmann/json.hpp>\n", "JSON only in io/json.hpp"),
    (arrows, "include/hush/level.hpp", "+#include \"check.hpp\"\n", "headers are included as <hush/...>"),
    (arrows, "include/hush/level.hpp", "+#include <hush/nowhere.hpp>\n", "does not exist"),
    (arrows, "include/hush/level.hpp", "+#ifdef __CUDACC__\n#endif\n", "#if only in host_device.hpp"),
    (arrows, "include/hush/level.hpp", "+#define LEVEL 1\n", "macros only in"),
    (arrows, "include/hush/schedules/cosine.hpp", "+inline void f(Tensor);\n", "does not know the word Tensor"),
    (arrows, "include/hush/level.hpp", "struct Level {};\n", "#pragma once is missing"),
    (arrows, "include/hush/level.hpp", "+inline std::ostringstream out;\n", "to_text() puts text together"),
    (arrows, "include/hush/level.hpp", "+inline double x = std::stod(text);\n", "io/number.hpp reads numbers"),
    (arrows, "include/hush/level.hpp", "+inline char c = std::tolower(d);\n", "letters are ASCII"),
    (arrows, "include/hush/level.hpp", "+inline auto j = Json::parse(text);\n", "parse_json reads JSON"),
    (arrows, "include/hush/level.hpp", "+void f() { std::snprintf(text, 9, \"%8.3f\", x); }\n", "writes fractions"),
    (arrows, "include/hush/things.hpp", "#pragma once\n", "not in the table"),
    (arrows, "docs/architecture.md", "| `level`, `schedule`, `schedules/` | x | y |\n", "the table lacks the room check"),
    (arrows, "docs/architecture.md", "| `attic/` | x | y |\n", "there is no room attic"),
    (arrows, "include/hush/schedules/shared/sums.hpp", "#pragma once\n#include <hush/schedules/cosine.hpp>\n", "siblings never meet"),
    (mirrors, "tests/level.cpp", None, "no tests/level.cpp"),
    (mirrors, "tests/level.cpp", "int nothing;\n", "tests nothing"),
    (mirrors, "tests/schedules/schedules.cpp", "#include <hush/schedules/cosine.hpp>\nTEST_CASE", "no tests/schedules/linear.cpp"),
    (mirrors, "tests/cuda/softplus.cpp", "TEST_CASE", "is not in HUSH_GPU_TESTS"),
    (measures, "include/hush/level.hpp", "+" + "\n" * 300, "the limit here is 300"),
    (measures, "include/hush/schedules/cosine.hpp", "+" + "\n" * 100, "the limit here is 80"),
    (measures, "include/hush/level.hpp", "+//" + "x" * 120 + "\n", "columns"),
    (measures, "include/hush/level.hpp", "+// TO" + "DO\n", "unfinished"),
    (measures, "include/hush/level.hpp", "+struct Silent {\n};\n", "Silent has no ///"),
    (measures, "include/hush/level.hpp", "+template <class T>\nconcept Mute = true;\n", "Mute has no ///"),
    (measures, "include/hush/schedules/cosine.hpp", "#pragma once\n/// A schedule.\nstruct Cosine {};\n", "ends with its proof"),
    (measures, "include/hush/utils.hpp", "#pragma once\n", "a name that says nothing"),
    (measures, "include/hush/level.hpp", "+inline int f(int a) {\n" + "  a += 1;\n" * 39 + "  return a;\n}\n", "f has 42 lines"),
    (measures, "include/hush/level.hpp", "+struct detail {\n  template <class T>\n  explicit detail(T a) : a_{a}, b_(a) {\n" + "    g();\n" * 40 +
     "  }\n};\n", "detail has 42 lines"),
    *((measures, "include/hush/level.hpp", f"+void f() {{\n  {statement}\n}}\n", "level.hpp:6: a comma operator") for statement in (
        "a = 1, b = 2;", "if (c) a[0] = g(1, 2), ++b;", "for (int i = 0, j = 0; i < j; ++i, --j) h(i), h(j);", "h([&] { a = 1, b = 2; });",
        "const int x = (g(), 2);", "return g((h(), 2));", "auto f = [](int v) -> int { return h(v), 2; };", "if (g(), c) h();",
        "while (g(), c) h();", "x.a<int, 2>(), h();", "*p = 1, h();", "std::swap(a, b), h();", "out << a << b, c = d;")),
    (umbrellas, "include/hush/core.hpp", "#pragma once\n#include <hush/level.hpp>\n", "lacks hush/check.hpp"),
    (names, "include/hush/check.hpp", "#pragma once\nnamespace hush {\nstruct Whole {};\n}  // namespace hush\n",
     "hush::Whole is not in"),
    (names, "include/hush/check.hpp", "#pragma once\nnamespace hush {\ntemplate <class T>\nT run(const T& x) {\n}\n"
                                      "}  // namespace hush\n", "hush::run is not in"),
    (names, "tests/fields.cpp", "using Schedules = std::tuple<Cosine>;\n", "Linear is not in the lists"),
    (names, "tests/checks/names.txt", "Version\nGone\n", "hush::Gone is declared nowhere"),
    (snippets, "README.md", "<!-- from: tests/level.cpp#nothing -->\n```cpp\nold\n```\n", "has no part [nothing]"),
    (snippets, "README.md", "<!-- from: tests/part.cpp#code -->\n```cpp\nold\n```\n", "differs from"),
]


def findings_of(check, root):
    """(exit status, printed text) of one check on one tree."""
    out, arguments = io.StringIO(), sys.argv
    sys.argv = [check.__name__, "--root", str(root)]
    try:
        with contextlib.redirect_stdout(out):
            check.main()
    except SystemExit as end:
        return end.code, out.getvalue()
    finally:
        sys.argv = arguments
    return 0, out.getvalue()


def write(root, files):
    for name, words in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if words is None:
            path.unlink()
        else:
            path.write_text(words)


def main():
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        clean = pathlib.Path(folder) / "clean"
        write(clean, CLEAN)
        for check in (arrows, mirrors, measures, names, snippets):
            status, words = findings_of(check, clean)
            if status != 0:
                wrong.append(f"{check.__name__} complains about a clean tree:\n{words}")
        for number, (check, name, words, says) in enumerate(BROKEN):
            root = pathlib.Path(folder) / str(number)
            write(root, CLEAN)
            write(root, {name: CLEAN[name] + words[1:] if words and words.startswith("+") else words})
            status, out = findings_of(check, root)
            if status == 0 or says not in out:
                wrong.append(f"{check.__name__} does not say `{says}` about {name} but:\n{out}")
    house.finish(wrong, len(BROKEN) + 5)


if __name__ == "__main__":
    main()
