"""Each header reads, itself or through headers of hush, the standard header of every name of std that it uses.

A compiler cannot tell: what it accepts depends on which headers of its library happen to include which others.
"""
import re

import house

NAMES = {
    "algorithm": "all_of any_of binary_search clamp copy copy_backward copy_if copy_n count count_if equal_range fill fill_n "
                 "find find_if find_if_not for_each generate is_sorted lower_bound max max_element merge min min_element "
                 "minmax_element nth_element none_of partial_sort remove_if replace reverse rotate sort stable_sort transform "
                 "unique upper_bound",
    "array": "array", "atomic": "atomic atomic_ref", "barrier": "barrier", "bit": "bit_cast bit_ceil countl_zero countr_zero "
    "endian has_single_bit popcount rotl", "charconv": "from_chars to_chars chars_format",
    "chrono": "chrono", "cmath": "abs acos asin atan atan2 cbrt ceil cos cosh erf erfc exp exp2 expm1 fabs floor fma fmod "
    "frexp hypot isfinite isinf isnan ldexp log log10 log1p log2 lround llround modf nearbyint pow rint round signbit sin "
    "sinh sqrt tan tanh trunc", "complex": "complex", "concepts": "convertible_to derived_from floating_point integral "
    "same_as invocable regular_invocable default_initializable constructible_from", "condition_variable": "condition_variable",
    "csignal": "signal sig_atomic_t", "cstdint": "int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t uintptr_t",
    "cstdio": "printf snprintf fopen fclose fprintf fread fwrite FILE", "cstdlib": "getenv malloc free strtod strtoull aligned_alloc",
    "cstring": "memcmp memcpy memmove memset strlen strcmp strerror", "exception": "exception_ptr current_exception "
    "rethrow_exception uncaught_exceptions", "filesystem": "filesystem", "fstream": "ifstream ofstream fstream",
    "functional": "function invoke hash less greater plus ref cref", "initializer_list": "initializer_list",
    "iostream": "cerr cout clog cin", "istream": "istream", "iterator": "back_inserter distance istreambuf_iterator make_move_iterator "
    "next prev inserter", "limits": "numeric_limits", "list": "list", "locale": "numpunct", "map": "map multimap",
    "memory": "shared_ptr unique_ptr weak_ptr make_shared make_unique enable_shared_from_this", "mutex":
    "mutex lock_guard unique_lock scoped_lock once_flag call_once", "new": "bad_alloc", "numbers": "numbers",
    "numeric": "accumulate gcd inner_product iota lcm partial_sum reduce", "optional": "optional nullopt",
    "ostream": "ostream", "random": "mt19937 mt19937_64 uniform_int_distribution normal_distribution", "ratio": "ratio",
    "set": "set multiset", "shared_mutex": "shared_mutex shared_lock", "span": "span dynamic_extent as_bytes as_writable_bytes",
    "sstream": "ostringstream istringstream stringstream", "stdexcept": "invalid_argument out_of_range runtime_error "
    "logic_error length_error", "stop_token": "stop_token stop_source", "string": "string to_string stod stoll stoi getline",
    "string_view": "string_view", "system_error": "error_code errc system_error generic_category make_error_code",
    "thread": "jthread thread this_thread", "tuple": "tuple tuple_size tuple_size_v tuple_element tie apply make_tuple tuple_cat "
    "forward_as_tuple", "type_traits": "conditional_t decay_t enable_if_t false_type true_type integral_constant is_same_v "
    "is_base_of_v is_const_v is_empty_v is_floating_point_v is_integral_v is_trivially_copyable_v is_void_v make_unsigned_t "
    "remove_const_t remove_cvref_t remove_pointer_t remove_reference_t underlying_type_t is_invocable_v is_null_pointer_v "
    "is_constant_evaluated", "unordered_map": "unordered_map", "unordered_set": "unordered_set", "utility": "as_const declval "
    "exchange forward in_place index_sequence index_sequence_for integer_sequence make_index_sequence move pair swap make_pair",
    "variant": "variant visit get_if holds_alternative monostate variant_alternative_t", "vector": "vector",
}
# Headers that the standard itself says bring the names of others.
BRINGS = {"iostream": {"ostream", "istream"}, "sstream": {"ostream", "istream", "string"}, "fstream": {"ostream", "istream"},
          "string": {"string_view", "initializer_list"}, "map": {"initializer_list"}, "vector": {"initializer_list"},
          "chrono": {"ratio"}, "filesystem": {"chrono"}, "system_error": {"string"}, "stdexcept": {"string"},
          "memory": set(), "cuda/std": set()}
HOME = {name: header for header, names in NAMES.items() for name in names.split()}
# Names that several headers may bring.
ALSO = {"swap": {"algorithm", "vector"}, "move": {"algorithm", "utility"}, "abs": {"cstdlib", "cmath"}, "string": {"sstream"},
        "hash": {"string", "memory"}, "array": {"tuple"}, "ostream": {"iostream", "sstream"}, "copy": {"algorithm"},
        "int32_t": {"cstdint"}, "numeric_limits": {"limits"}}


def lacks(root, header):
    """(line, name, header of the standard) of what a header uses without reading its home."""
    read = house.outside(root, header)
    read |= {brought for each in set(read) for brought in BRINGS.get(each, ())}
    found = []
    for number, line in enumerate(house.without_comments(house.text(root, header)).splitlines(), 1):
        for name in re.findall(r"\bstd::(\w+)", line):
            home = HOME.get(name)
            if home and not ({home} | ALSO.get(name, set())) & read:
                found.append((number, name, home))
    return found


def main():
    root = house.arguments(__doc__).root
    headers = house.headers(root)
    findings = []
    for header in headers:
        said = set()
        for line, name, home in lacks(root, header):
            if home not in said:
                findings.append(f"include/hush/{header}:{line}: uses std::{name} and does not read <{home}>")
            said.add(home)
    house.finish(findings, len(headers))


if __name__ == "__main__":
    main()
