/// The environment of a sandboxed process: entries are `NAME=VALUE` with a zero byte behind each. Pure.
enum SandboxEnvironment {
  /// The variables by which the loader and the C library are told to load files: the list of glibc, which it ignores in
  /// privileged programs (sysdeps/generic/unsecvars.h), and all of `LD_`.
  static let steering: Set<String> = [
    "GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH", "MALLOC_TRACE", "NIS_PATH",
    "NLSPATH", "RESOLV_HOST_CONF", "RES_OPTIONS", "TZDIR",
  ]

  /// The entries without those that steer the loader, and these apart: a program that sets the sandbox up is not confined
  /// yet, and would load what an earlier job may have put into a folder that `LD_LIBRARY_PATH` names.
  static func split(_ entries: [[UInt8]]) -> (plain: [[UInt8]], steering: [(name: String, value: String)]) {
    var plain: [[UInt8]] = []
    var apart: [(name: String, value: String)] = []
    for entry in entries {
      let name = String(decoding: entry.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
      if name.hasPrefix("LD_") || steering.contains(name) {
        apart.append((name, String(decoding: entry.dropFirst(name.utf8.count + 1).dropLast(), as: UTF8.self)))
      } else {
        plain.append(entry)
      }
    }
    return (plain, apart)
  }

  /// The value of a variable.
  static func value(of name: String, in entries: [[UInt8]]) -> String? {
    let prefix = Array("\(name)=".utf8)
    return entries.last { $0.starts(with: prefix) }
      .map { String(decoding: $0.dropFirst(prefix.count).dropLast(), as: UTF8.self) }
  }

  /// The entries with another value for a variable.
  static func set(_ name: String, _ value: String, in entries: [[UInt8]]) -> [[UInt8]] {
    let prefix = Array("\(name)=".utf8)
    return entries.filter { !$0.starts(with: prefix) } + [prefix + Array(value.utf8) + [0]]
  }
}
