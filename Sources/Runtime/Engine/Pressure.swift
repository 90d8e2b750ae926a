#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Whether the machine has room for one more job: a decision about one moment.
///
/// While something runs, waiting helps: its end gives back what is short. A machine that is short of memory or busy with
/// others' work gets one job at a time, so that a run goes on in any case; a disk that is nearly full gets none.
public struct Pressure: Sendable, Hashable {
  /// Where the lines are drawn.
  public struct Limits: Sendable, Hashable {
    /// The number of processes that want to run, averaged over a minute, above which no other job is started; nil is 16 for
    /// each core.
    public var maxLoad: Double?
    /// The bytes of memory that must be available; nil is a twentieth of all.
    public var minFreeMemory: Int?
    /// The bytes that must be free on the disk of the state folder; nil is a gibibyte, or a twentieth of a small disk.
    public var minFreeDisk: Int?

    /// The usual lines.
    public init() {}
  }

  var load: Double?
  var cores = 1
  var availableMemory: Int?
  var memory: Int?
  var freeDisk: Int?
  var diskFloor: Int?

  /// Why no job should be started, in the middle of a sentence; nil if one may.
  func reason(_ limits: Limits, running: Int) -> String? {
    if let freeDisk {
      let floor = limits.minFreeDisk ?? diskFloor ?? 0
      if freeDisk < floor {
        return "only \(ByteCount.text(freeDisk)) are free on the disk, and \(ByteCount.text(floor)) should be"
      }
    }
    guard running > 0 else { return nil }
    if let availableMemory, let memory {
      let floor = limits.minFreeMemory ?? memory / 20
      if availableMemory < floor {
        return "only \(ByteCount.text(availableMemory)) of memory are available, and \(ByteCount.text(floor)) should be"
      }
    }
    let maxLoad = limits.maxLoad ?? Double(cores * 16)
    if let load, load > maxLoad {
      let tenths = Int((load * 10).rounded())
      return "the machine's load is \(tenths / 10).\(tenths % 10), above \(Int(maxLoad))"
    }
    return nil
  }

  /// The machine as it is now, with the disk on which `folder` lies.
  static func now(folder: String) -> Pressure {
    var pressure = Pressure()
    pressure.cores = MachineLoadMeter.cores
    var average = 0.0
    if getloadavg(&average, 1) == 1 { pressure.load = average }
    let memory = KernelFile.text("/proc/meminfo").map { MachineMemory($0) }
    pressure.memory = memory?.total
    pressure.availableMemory = memory?.available
    if let space = DiskFloor.space(at: folder) {
      pressure.freeDisk = Int(clamping: space.free)
      pressure.diskFloor = Int(clamping: space.floor)
    }
    return pressure
  }
}
