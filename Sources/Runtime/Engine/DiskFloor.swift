import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The free space below which the greatest writer is stopped, so that what has ended can still be recorded.
struct DiskFloor {
  /// A gibibyte, or a twentieth of a small file system.
  static func floor(of size: UInt64) -> UInt64 { min(1 << 30, size / 20) }

  private var sizes: [ObjectIdentifier: Int] = [:]

  /// How much is free and how much should be, where the outputs are; nil if the system does not say.
  static func space(at path: String) -> (free: UInt64, floor: UInt64)? {
    var info = statvfs()
    guard statvfs(path, &info) == 0, info.f_blocks > 0 else { return nil }
    let block = UInt64(info.f_frsize)
    return (UInt64(info.f_bavail) * block, floor(of: UInt64(info.f_blocks) * block))
  }

  /// Stops the execution that has written most since the last look, if there is too little space left.
  mutating func look(at runs: [CommandRun]) {
    var greatest: (run: CommandRun, growth: Int)?
    var now: [ObjectIdentifier: Int] = [:]
    for run in runs {
      let size = run.outputSize
      now[ObjectIdentifier(run)] = size
      let growth = size - (sizes[ObjectIdentifier(run)] ?? 0)
      if growth > greatest?.growth ?? 0 { greatest = (run, growth) }
    }
    sizes = now
    // What writes little is not what fills the disk.
    guard let greatest, greatest.growth > 1 << 20,
      let space = DiskFloor.space(at: greatest.run.order.output.path), space.free < space.floor
    else { return }
    greatest.run.stop(.diskSpace(free: Int(clamping: space.free)), atOnce: true)
  }
}
