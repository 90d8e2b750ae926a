import Jobs
import Runtime

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The registry of the project that a command was started in, and how its jobs are found by what people type.
struct JobDesk {
  let registry: Registry

  /// Opens the registry for reading; nil when there is none yet. Jobs whose owner is gone are `lost` from here on.
  static func open() throws(CommandFailure) -> JobDesk? {
    let directory = try locate()
    guard directory.holdsRegistry else { return nil }
    do throws(RegistryError) {
      let desk = JobDesk(registry: try .open(directory, readOnly: true))
      try desk.findLost()
      return desk
    } catch {
      throw CommandFailure(error)
    }
  }

  /// The same, where having no registry means that there is nothing to do what was asked with.
  static func required() throws(CommandFailure) -> JobDesk {
    guard let desk = try open() else { throw .failed(try nothingYet()) }
    return desk
  }

  /// A registry to change things in, with the same jobs.
  func writing() throws(CommandFailure) -> Registry {
    do throws(RegistryError) { return try .open(registry.directory) } catch { throw CommandFailure(error) }
  }

  /// The sentence for a project without any job.
  static func nothingYet() throws(CommandFailure) -> String {
    "there are no jobs yet: no script has started one here (looked in \(TerminalText.line(try locate().path)))"
  }

  /// Ends as `lost` what a process that is gone left running, and withdraws what it asked. Costs nothing while all owners
  /// live.
  func findLost() throws(RegistryError) {
    var filter = JobFilter()
    filter.isLive = true
    let asking = try registry.decisions(open: true).filter { !$0.isParked }.map(\.run)
    let runs = Set(try registry.jobs(filter).map(\.run) + asking)
    for run in runs {
      guard let record = try registry.run(run), !record.owner.isAlive else { continue }
      let writer = try Registry.open(registry.directory)
      defer { writer.close() }
      MarkedProcesses.endThose(of: try writer.reconcile())
      WorktreeSweep.run(in: writer)
      return
    }
  }

  // MARK: finding jobs

  /// The jobs that the filter wants.
  func jobs(_ filter: JobFilter) throws(CommandFailure) -> [JobRecord] {
    do throws(RegistryError) { return try registry.jobs(filter) } catch { throw CommandFailure(error) }
  }

  /// A job as it is now; nil when it was removed.
  func job(_ id: JobID) throws(CommandFailure) -> JobRecord? {
    do throws(RegistryError) { return try registry.job(id) } catch { throw CommandFailure(error) }
  }

  /// The jobs that people mean by these words, each an id, a name, or the beginning of exactly one id.
  func find(_ words: [String]) throws(CommandFailure) -> [JobRecord] {
    var found: [JobRecord] = []
    for word in words {
      let job = try find(word)
      if !found.contains(where: { $0.id == job.id }) { found.append(job) }
    }
    return found
  }

  /// The job that people mean by a word: of several with that name it is the newest.
  func find(_ word: String) throws(CommandFailure) -> JobRecord {
    var idError: JobIDError?
    var id: JobID?
    do throws(JobIDError) { id = try JobID(validating: word) } catch { idError = error }
    if let id, let job = try job(id) { return job }
    let recent = try recentJobs()
    if let job = recent.first(where: { $0.name == word }) { return job }
    // What can be no id may still be a name; only now is it wrong.
    if let idError { throw CommandFailure(message: TerminalText.line(idError.description), status: .usage) }
    let ids = recent.map(\.id.rawValue)
    let candidates = recent.filter { $0.id.rawValue.hasPrefix(word) }
    if candidates.count == 1 { return candidates[0] }
    if candidates.count > 1 {
      let shown = candidates.prefix(5).map(\.id.rawValue).joined(separator: ", ") + (candidates.count > 5 ? ", …" : "")
      throw .failed("'\(word)' begins \(candidates.count) ids: \(shown)")
    }
    let near = Self.near(word, ids)
    let hint = near.isEmpty ? "'agentscript jobs --all' lists all" : "did you mean \(near.joined(separator: " or "))?"
    throw .failed("there is no job '\(word)'; \(hint)")
  }

  /// The ids that somebody may have meant: as a whole, or without the run and number that we added.
  private static func near(_ word: String, _ ids: [String]) -> [String] {
    let names = ids.map { id in
      let parts = id.split(separator: "-", omittingEmptySubsequences: false)
      return parts.count > 2 ? parts.dropLast(2).joined(separator: "-") : id
    }
    let found = NearMiss.all(for: word, among: ids) + NearMiss.all(for: word, among: Array(Set(names)))
    var result: [String] = []
    for name in found {
      guard let index = names.firstIndex(of: name) ?? ids.firstIndex(of: name) else { continue }
      if !result.contains(ids[index]) { result.append(ids[index]) }
    }
    return Array(result.prefix(3))
  }

  /// The run that a word names: an id, the beginning of one, or `last`.
  func run(_ word: String) throws(CommandFailure) -> RunID {
    let runs: [RunRecord]
    do throws(RegistryError) { runs = try registry.runs(limit: 10_000) } catch { throw CommandFailure(error) }
    if word == "last", let newest = runs.first { return newest.id }
    let candidates = runs.filter { $0.id.rawValue == word || $0.id.rawValue.hasPrefix(word) }
    if let exact = candidates.first(where: { $0.id.rawValue == word }) { return exact.id }
    guard candidates.count == 1 else {
      let shown = TerminalText.line(word)
      throw candidates.isEmpty
        ? .failed("there is no run '\(shown)'") : .failed("'\(shown)' begins the ids of \(candidates.count) runs")
    }
    return candidates[0].id
  }

  /// The jobs that may be meant by a name or a beginning, the newest first.
  private func recentJobs() throws(CommandFailure) -> [JobRecord] {
    var filter = JobFilter()
    filter.order = .newestFirst
    filter.limit = 10_000
    return try jobs(filter)
  }

  /// The state folder of the working directory, which need not exist.
  static func locate() throws(CommandFailure) -> StateDirectory {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard getcwd(&buffer, buffer.count) != nil else {
      throw .failed("the working directory cannot be told: \(SystemText.of(errno))")
    }
    let folder = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let home = getenv(StateDirectory.variable).map { [StateDirectory.variable: String(cString: $0)] } ?? [:]
    do throws(StateDirectoryError) {
      return try .locate(from: folder, environment: home)
    } catch {
      throw CommandFailure(error)
    }
  }
}
