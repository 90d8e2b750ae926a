#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The file through which all processes of a user agree on one gate.
///
/// It is small, private (0600 in a folder of 0700), read and rewritten in one go under a lock on the file (`flock`), which the kernel
/// drops when its process ends. A writer that is killed in between leaves text that is no JSON: then the gate counts as open, until
/// the provider turns the next call away. The file's name has a hash of the key in it, never the key.
public final class GateFile: Sendable {
  /// Why the file cannot be used: then each process has a gate of its own.
  public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The system call.
    public let call: String
    /// What it was called for.
    public let path: String
    /// The system's number for the reason.
    public let number: Int32

    /// One sentence without its full stop.
    public var description: String { "\(call) \(path): \(String(cString: strerror(number)))" }
  }

  private let descriptor: Int32
  private let path: String
  /// More than any gate needs: what is larger is not ours.
  private static let longest = 1 << 20

  /// The file of one provider and key below `folder`, which is made if it is not there.
  public init(folder: String, provider: String, key: String) throws(Fault) {
    for path in [folder, folder + "/gates"] {
      if mkdir(path, 0o700) != 0, errno != EEXIST { throw Fault(call: "mkdir", path: path, number: errno) }
    }
    path = folder + "/gates/" + GateFile.name(provider: provider, key: key)
    descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Fault(call: "open", path: path, number: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw Fault(call: "open", path: path, number: EPERM)
    }
    fchmod(descriptor, 0o600)
  }

  deinit { close(descriptor) }

  /// Reads what the processes know, lets `body` change it, and writes it back if it did. Others wait meanwhile, for microseconds.
  public func exchange<Value>(_ body: (inout SharedGate) -> Value) throws(Fault) -> Value {
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw Fault(call: "flock", path: path, number: errno) }
    }
    defer { flock(descriptor, LOCK_UN) }
    let before = SharedGate(bytes: try read())
    var after = before
    let value = body(&after)
    if after != before { try write(after.bytes) }
    return value
  }

  private func read() throws(Fault) -> [UInt8] {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Fault(call: "fstat", path: path, number: errno) }
    var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size), GateFile.longest))
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count >= 0 else { throw Fault(call: "read", path: path, number: errno) }
    return Array(bytes.prefix(count))
  }

  private func write(_ bytes: [UInt8]) throws(Fault) {
    guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, ftruncate(descriptor, off_t(bytes.count)) == 0
    else {
      throw Fault(call: "write", path: path, number: errno)
    }
  }

  /// FNV-1a over provider and key, twice with different beginnings: the same in every process, and no way back.
  static func name(provider: String, key: String) -> String {
    func hash(_ start: UInt64) -> String {
      var hash = start
      for byte in (provider + "\0" + key).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      hash ^= hash >> 29
      let digits = String(hash, radix: 16)
      return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
    let word = provider.utf8.prefix(40).map { byte -> UInt8 in
      switch byte {
      case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): byte
      default: UInt8(ascii: "_")
      }
    }
    return String(decoding: word, as: UTF8.self) + "-" + hash(0xCBF2_9CE4_8422_2325) + hash(0x6C62_272E_07BB_0142)
      + ".json"
  }

  /// The clock of shared gates: one for all processes of the machine, which goes on while it sleeps.
  public static func now() -> Duration {
    var time = timespec()
    #if canImport(Darwin)
      clock_gettime(CLOCK_MONOTONIC, &time)
    #else
      clock_gettime(CLOCK_BOOTTIME, &time)
    #endif
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
