internal import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What is asked of processes in a sandbox.
enum SandboxProcesses {
  /// The process group that a process is in; nil if it is gone.
  static func group(of process: Int32) -> Int32? {
    let group = getpgid(process)
    return group < 0 ? nil : group
  }

  /// The children of a single-threaded process.
  static func children(of process: Int32) -> [Int32] {
    guard let text = SandboxFile.beginning(of: AbsolutePath("/proc/\(process)/task/\(process)/children")) else {
      return []
    }
    return text.split(separator: " ").compactMap { Int32($0) }.filter { $0 > 1 }
  }
}
