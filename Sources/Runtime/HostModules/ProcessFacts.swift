internal import LuaBindings
internal import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What this process can tell of itself.
enum ProcessFacts {
  static var identifier: Int64 { Int64(getpid()) }

  /// The environment as it is now: names to values. What has no "=" is left out.
  static var environment: LuaTable {
    var table = LuaTable()
    var next = environ
    while let entry = next.pointee {
      next += 1
      let bytes = UnsafeRawBufferPointer(start: entry, count: strlen(entry))
      guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else { continue }
      table.pairs.append(
        LuaTable.Pair(key: .string(Array(bytes[..<equals])), value: .string(Array(bytes[(equals + 1)...]))))
    }
    return table
  }

  /// The absolute path of the working folder.
  static func workingDirectory() throws(Errno) -> [UInt8] {
    guard let text = getcwd(nil, 0) else { throw .last }
    defer { free(text) }
    return Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }
}

/// The two clocks.
enum SystemClock {
  /// Milliseconds since 1970 UTC, as the wall clock has it.
  static var milliseconds: Int64 { nanoseconds(of: CLOCK_REALTIME) / 1_000_000 }

  /// Nanoseconds since some moment; never goes back.
  static var monotonicNanoseconds: Int64 { nanoseconds(of: CLOCK_MONOTONIC) }

  private static func nanoseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

extension Errno {
  /// What the last call of this thread failed with.
  static var last: Errno { Errno(rawValue: errno) }
}
