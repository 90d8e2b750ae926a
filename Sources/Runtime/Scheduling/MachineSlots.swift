import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// How many jobs all runs of a user may run at once on this machine: a slot is a byte of a file that all of them lock.
///
/// The locks belong to the open file (`F_OFD_SETLK`): the kernel drops them when the process ends, however it does, so no
/// slot is ever lost. The descriptor is not passed on to children. Nothing is opened before the first slot is asked for; a
/// slot then costs two system calls.
///
/// A run that a job of another run has started owns one slot without taking it: its parent's. So a chain of runs cannot come
/// to wait for itself. Runs with different caps count within the smaller one only what stands in its part of the file. Where
/// the folder cannot be used, or the system has no such locks, there is no cap, and `fault` says why.
final class MachineSlots: Sendable {
  static let variable = "AGENTSCRIPT_MACHINE_CONCURRENCY"
  /// The cap if nothing else is said.
  static let usualCap = 1024
  private static let capRange = 1...100_000

  private struct State {
    var descriptor: Int32 = -1
    var isOpened = false
    var fault: String?
    /// The bytes that are locked, the last one last.
    var held: [Int] = []
    var isHeld: Set<Int> = []
    var ownIsTaken = false
    var next = 0
  }

  /// How many slots there are.
  let cap: Int
  private let folder: String
  private let hasOwn: Bool
  private let state: Mutex<State>

  /// The slots in a folder, which is made if it is not there. `hasOwn`: the first one is the parent's.
  init(folder: String, cap: Int, hasOwn: Bool, fault: String? = nil) {
    self.folder = folder
    self.cap = max(1, cap)
    self.hasOwn = hasOwn
    state = Mutex(State(fault: fault))
  }

  /// The slots as the environment of this process has them.
  convenience init(environment: [String: String]) {
    let text = environment[MachineSlots.variable]
    let cap = text.flatMap { Int($0) }.flatMap { MachineSlots.capRange.contains($0) ? $0 : nil }
    let fault = text.flatMap { text in
      cap == nil
        ? "\(MachineSlots.variable) must be a whole number from 1 to 100000, not \"\(text)\"; "
          + "\(MachineSlots.usualCap) is taken instead" : nil
    }
    self.init(
      folder: MachineSlots.folder(environment), cap: cap ?? MachineSlots.usualCap,
      // A detached job's runner is nobody's part.
      hasOwn: environment[JobEnvironment.Mark.job]?.isEmpty == false
        && environment[JobEnvironment.Mark.detached] == nil,
      fault: fault)
  }

  /// The slots as this process's environment has them now.
  static var ofThisProcess: MachineSlots {
    var environment: [String: String] = [:]
    for name in [variable, "XDG_RUNTIME_DIR", JobEnvironment.Mark.job, JobEnvironment.Mark.detached] {
      environment[name] = getenv(name).map { String(cString: $0) }
    }
    return MachineSlots(environment: environment)
  }

  /// The user's own folder for what lasts until he logs out, else one in /tmp.
  static func folder(_ environment: [String: String]) -> String {
    var status = stat()
    if let runtime = environment["XDG_RUNTIME_DIR"], runtime.hasPrefix("/"), stat(runtime, &status) == 0,
      status.st_uid == getuid(), status.st_mode & S_IFMT == S_IFDIR
    {
      return runtime + "/agentscript"
    }
    return "/tmp/agentscript-\(getuid())"
  }

  /// Why there is no cap, or another one than was wanted; nil as long as that is not known. To be told once.
  func takeFault() -> String? {
    state.withLock { state in
      defer { state.fault = nil }
      return state.fault
    }
  }

  /// How many slots this process holds, its own included.
  var heldCount: Int { state.withLock { $0.held.count + ($0.ownIsTaken ? 1 : 0) } }

  /// Takes a slot; false if all are in use.
  func take() -> Bool {
    state.withLock { state in
      if hasOwn, !state.ownIsTaken {
        state.ownIsTaken = true
        return true
      }
      openOnce(&state)
      // Without a file there is no cap; the number keeps give and take in balance.
      let byte = state.descriptor < 0 ? -1 : lockAny(&state)
      guard let byte else { return false }
      state.held.append(byte)
      state.isHeld.insert(byte)
      return true
    }
  }

  /// Gives a slot back that was taken.
  func give() {
    state.withLock { state in
      guard let byte = state.held.popLast() else {
        precondition(state.ownIsTaken, "a slot is given back that nobody took")
        state.ownIsTaken = false
        return
      }
      if byte < 0 { return }
      state.isHeld.remove(byte)
      state.next = byte
      _ = MachineSlots.lock(state.descriptor, byte, F_UNLCK)
    }
  }

  deinit {
    let descriptor = state.withLock { $0.descriptor }
    if descriptor >= 0 { close(descriptor) }
  }

  /// Locks the first free byte from the one that was free last; nil if there is none.
  private func lockAny(_ state: inout State) -> Int? {
    for step in 0..<cap {
      let byte = (state.next + step) % cap
      if state.isHeld.contains(byte) { continue }
      let number = MachineSlots.lock(state.descriptor, byte, F_WRLCK)
      if number == 0 {
        state.next = (byte + 1) % cap
        return byte
      }
      guard number != EAGAIN, number != EACCES else { continue }
      state.fault = "the slots of the machine cannot be counted: \(String(cString: strerror(number))) (\(folder))"
      close(state.descriptor)
      state.descriptor = -1
      return -1
    }
    return nil
  }

  /// F_OFD_SETLK, which Glibc's module hides with the other extensions; the number is part of Linux's interface.
  private static let lockOfTheOpenFile: Int32 = 37

  /// 0, or the number of the error.
  private static func lock(_ descriptor: Int32, _ byte: Int, _ kind: some BinaryInteger) -> Int32 {
    #if canImport(Glibc)
      var request = flock()
      request.l_type = Int16(kind)
      request.l_whence = Int16(SEEK_SET)
      request.l_start = off_t(byte)
      request.l_len = 1
      return fcntl(descriptor, lockOfTheOpenFile, &request) == 0 ? 0 : errno
    #else
      return ENOTSUP
    #endif
  }

  // MARK: The file

  private func openOnce(_ state: inout State) {
    guard !state.isOpened else { return }
    state.isOpened = true
    switch MachineSlots.openFile(in: folder) {
    case .success(let descriptor):
      state.descriptor = descriptor
      // Not all at the first byte.
      state.next = Int.random(in: 0..<cap)
    case .failure(let refusal):
      state.fault = "the slots of the machine are not counted: \(refusal.sentence)"
    }
  }

  private struct Refusal: Error { let sentence: String }

  /// The file, in a folder that is ours alone.
  private static func openFile(in folder: String) -> Result<Int32, Refusal> {
    func failure(_ what: String) -> Result<Int32, Refusal> {
      .failure(Refusal(sentence: "\(what): \(String(cString: strerror(errno)))"))
    }
    if mkdir(folder, 0o700) != 0, errno != EEXIST { return failure("\(folder) cannot be made") }
    let directory = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard directory >= 0 else { return failure("\(folder) cannot be opened") }
    defer { close(directory) }
    var status = stat()
    guard fstat(directory, &status) == 0 else { return failure(folder) }
    guard status.st_uid == getuid() else { return .failure(Refusal(sentence: "\(folder) belongs to somebody else")) }
    guard status.st_mode & 0o077 == 0 else {
      return .failure(Refusal(sentence: "others may use \(folder); run: chmod 700 \(folder)"))
    }
    let file = openat(directory, "slots", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    return file >= 0 ? .success(file) : failure("\(folder)/slots cannot be opened")
  }
}
