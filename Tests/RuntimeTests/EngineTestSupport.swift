import Glibc
import Jobs
import Synchronization
import Testing

@testable import Runtime

/// The tests of the engine that start processes: one after the other, since many of them measure times.
@Suite(.serialized) enum EngineTests {}

/// A small generator of pseudo-random numbers, so that a failing case can be run again by its seed.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &+ 0x9e37_79b9_7f4a_7c15 }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// A folder of its own, gone with the object.
final class ScratchFolder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/agentscript-test-XXXXXX".utf8CString)
    let made = try #require(mkdtemp(&template))
    path = String(cString: made)
  }

  deinit { ScratchFolder.remove(path) }

  func write(_ text: String, to name: String, mode: mode_t = 0o644) throws -> String {
    let file = "\(path)/\(name)"
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    return file
  }

  private static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { remove("\(path)/\(name)") }
      }
      closedir(folder)
    }
    rmdir(path)
  }
}

/// What this process holds. Other tests run at the same time: what is asked here is not changed by them.
enum Footprint {
  /// The descriptors that are open in a folder.
  static func descriptors(in folder: String) -> Int {
    links(of: "/proc/self/fd").filter { $0.target.hasPrefix(folder + "/") }.count
  }

  /// Descriptors of processes that are gone, where they still are after a while.
  static func lastingProcessDescriptors() async -> Int { await lasting(ofDead).count }

  /// Children of this process that have ended and were not reaped, where they still are after a while.
  static func lastingZombies() async -> Int { await lasting(zombies).count }

  private static func lasting(_ look: () -> Set<String>) async -> Set<String> {
    var seen = look()
    for _ in 0..<3 where !seen.isEmpty {
      try? await Task.sleep(for: .milliseconds(100))
      seen.formIntersection(look())
    }
    return seen
  }

  private static func ofDead() -> Set<String> {
    let found = links(of: "/proc/self/fd").filter { $0.target.contains("[pidfd]") }.map(\.name)
    return Set(found.filter { read("/proc/self/fdinfo/\($0)")?.contains("Pid:\t-1\n") == true })
  }

  private static func zombies() -> Set<String> {
    Set(
      names(in: "/proc").compactMap { pid_t($0) }.compactMap { pid in
        guard let text = read("/proc/\(pid)/stat"), let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 19, fields[0] == "Z", fields[1] == String(getpid()) else { return nil }
        return "\(pid) \(fields[19])"
      })
  }

  /// All of them. Others' are among them.
  static var allDescriptors: Int { names(in: "/proc/self/fd").count }

  /// How many threads this process has. Others' are among them.
  static var threads: Int { names(in: "/proc/self/task").count }

  /// Resident memory in KiB. Others' is part of it.
  static var residentKiB: Int {
    let line = (read("/proc/self/status") ?? "").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }

  static func isAlive(_ pid: Int) -> Bool { ProcessIdentity.startTime(ofProcess: pid) != nil }

  static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  private static func links(of path: String) -> [(name: String, target: String)] {
    names(in: path).compactMap { name in
      var buffer = [CChar](repeating: 0, count: 4096)
      let count = readlink("\(path)/\(name)", &buffer, buffer.count)
      guard count > 0 else { return nil }
      return (name, String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
  }

  private static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var result: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { result.append(name) }
    }
    return result
  }
}

/// Waits for something that no event tells of; false after the time is over.
func eventually(within time: Duration = .seconds(20), _ condition: () -> Bool) async -> Bool {
  let deadline = ContinuousClock.now + time
  while !condition() {
    guard ContinuousClock.now < deadline else { return false }
    try? await Task.sleep(for: .milliseconds(2))
  }
  return true
}

/// Whether the long form of the tests was asked for.
let wantsLongTests = getenv("AGENTSCRIPT_LONG_TESTS").map { String(cString: $0) } == "1"

/// A backend with a folder for its output files, and no registry.
struct CommandBench: Sendable {
  let folder: ScratchFolder
  let backend: LocalBackend

  init(grace: Duration = .seconds(5)) throws {
    folder = try ScratchFolder()
    backend = LocalBackend(grace: grace)
  }

  func order(
    _ work: CommandOrder.Work, id: String = "job", folder cwd: String? = nil, input: [UInt8]? = nil,
    changes: [String: String?] = [:], limit: Duration? = nil
  ) throws -> CommandOrder {
    let job = try JobID(validating: id)
    let run = RunID.random()
    let output = try OutputFile(creatingAt: "\(folder.path)/\(id)-\(run).log", description: id)
    return CommandOrder(
      job: job, run: run, attempt: 1, work: work, workingDirectory: cwd,
      environment: JobEnvironment().entries(changes: changes, job: id, run: run.rawValue, attempt: 1), input: input,
      output: output, timeLimit: limit)
  }

  func report(_ order: CommandOrder) async -> CommandReport { await end(of: backend.submit(order)) }

  func end(of handle: LocalBackend.Handle) async -> CommandReport {
    var status = ExecutionStatus.submitted
    while true {
      status = await backend.poll(handle, after: status)
      if case .ended(let report) = status { return report }
    }
  }

  /// Waits until the output holds a text.
  func wait(for text: String, in order: CommandOrder) async throws {
    let isThere = await eventually { (try? self.text(order))?.contains(text) ?? false }
    try #require(isThere, "the output never held '\(text)'")
  }

  func text(_ order: CommandOrder) throws -> String {
    let extent = try order.output.extent()
    let bytes = try order.output.read(from: extent.start, count: extent.end - extent.start)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Who still has the job's marks in its environment.
  func survivors(of order: CommandOrder) -> [pid_t] {
    let marks = ["AGENTSCRIPT_JOB_ID=\(order.job)", "AGENTSCRIPT_RUN_ID=\(order.run)"].map { Array($0.utf8) }
    return ProcFiles.processes().filter { pid in
      ProcFiles.status(of: pid)?.hasEnded == false && ProcFiles.environment(of: pid, holdsAll: marks)
    }
  }
}

/// Everything that an engine told, for those who want to wait for it.
final class NoticeLog: Sendable {
  private struct State {
    var notices: [JobNotice] = []
    var ends: [JobID: JobRecord] = [:]
    var waiters: [JobID: [CheckedContinuation<JobRecord, Never>]] = [:]
  }

  private let state = Mutex(State())

  var notices: [JobNotice] { state.withLock { $0.notices } }

  func take(_ notice: JobNotice) {
    let ended = state.withLock { state -> (JobRecord, [CheckedContinuation<JobRecord, Never>])? in
      state.notices.append(notice)
      guard case .changed(let record) = notice, record.status.isTerminal else { return nil }
      if state.ends.updateValue(record, forKey: record.id) != nil { Issue.record("\(record.id) ended twice") }
      return (record, state.waiters.removeValue(forKey: record.id) ?? [])
    }
    guard let (record, waiters) = ended else { return }
    for waiter in waiters { waiter.resume(returning: record) }
  }

  func end(of id: JobID) async -> JobRecord {
    await withCheckedContinuation { continuation in
      let record = state.withLock { state -> JobRecord? in
        if let record = state.ends[id] { return record }
        state.waiters[id, default: []].append(continuation)
        return nil
      }
      if let record { continuation.resume(returning: record) }
    }
  }

  /// The statuses that were told of a job, each report of progress as its text.
  func story(of id: JobID) -> [String] {
    notices.compactMap { notice in
      switch notice {
      case .changed(let record) where record.id == id: record.status.rawValue
      case .progress(let record) where record.id == id:
        "\(record.progress.map { "\(Int($0 * 100))% " } ?? "")\(record.progressText ?? "")"
      default: nil
      }
    }
  }
}

/// An engine with a registry in a folder of its own.
struct EngineBench: Sendable {
  let folder: ScratchFolder
  let registry: Registry
  let run: RunRecord
  let log = NoticeLog()
  let engine: JobEngine

  init(
    slots: Int = 10, grace: Duration = .seconds(5), home: String? = nil, keepsNotices: Bool = true,
    runFunction: @escaping JobEngine.FunctionRunner = { _, _ in .returned(output: [], data: nil) },
    observer: @escaping @Sendable (JobNotice) -> Void = { _ in }
  ) throws {
    folder = try ScratchFolder()
    let directory = StateDirectory(path: home ?? "\(folder.path)/state")
    registry = try Registry.open(directory)
    run = RunRecord(script: "test.lua", cwd: "/")
    try registry.begin(run: run)
    engine = JobEngine(
      state: directory, registry: registry, run: run, maxConcurrent: slots, grace: grace,
      agents: AgentDesk(EngineBench.withoutModels),
      runFunction: runFunction,
      observer: { [log] notice in
        observer(notice)
        if keepsNotices { log.take(notice) }
      })
  }

  private static var withoutModels: AgentDesk.Options {
    var options = AgentDesk.Options()
    options.environment = ["AGENTSCRIPT_LOCAL_MODELS": "0"]
    return options
  }

  func shell(_ line: String, _ change: (inout TaskSpec) -> Void = { _ in }) -> TaskSpec {
    var spec = TaskSpec(work: .shell(line))
    spec.cwd = folder.path
    change(&spec)
    return spec
  }

  func end(of spec: TaskSpec) async -> JobRecord { await log.end(of: engine.submit(spec).id) }

  func isRunning(_ id: JobID) async -> Bool {
    await eventually { engine.liveJobs.contains { $0.id == id && $0.status == .running } }
  }

  /// Waits until the output of a live job holds a text.
  func hasSaid(_ text: String, _ id: JobID) async -> Bool {
    await eventually {
      guard let output = engine.look({ $0.jobs[id]?.output }), let size = try? output.size() else { return false }
      let bytes = (try? output.read(from: 0, count: size)) ?? []
      return String(decoding: bytes, as: UTF8.self).contains(text)
    }
  }

  func text(of record: JobRecord) throws -> String {
    let path = try #require(record.outputFile)
    let bytes = Array(try #require(Footprint.read(path)).utf8)
    return String(decoding: bytes[(record.outputStart ?? 0)..<(record.outputEnd ?? 0)], as: UTF8.self)
  }
}
