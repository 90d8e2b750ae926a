internal import ArgumentParser
import Jobs

/// `agentscript kill`: asks the owners of jobs to end them, and waits until they have.
struct KillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kill",
    abstract: "Ends jobs: the process that runs them is asked to, and the answer waited for.",
    discussion: """
      A job gets a SIGTERM, and 5 seconds later a SIGKILL. A job whose owner is gone is recorded as lost. To end a job \
      that has ended is no mistake.

      Examples:
        agentscript kill build
        agentscript kill --run last
      """,
    aliases: ["bg-kill"])

  @Argument(help: ArgumentHelp("The jobs.", valueName: "id"), completion: .jobID)
  var ids: [String] = []

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("All jobs of this run: its id, the beginning of it, or last.", valueName: "run"))
  var runName: String?

  @Option(help: ArgumentHelp("All jobs of this group, as show names it.", valueName: "group"))
  var group: String?

  @Flag(help: "All jobs of this project.")
  var all = false

  @Flag(help: "End only the first process of each job: what it has started goes on until the run ends.")
  var keepChildren = false

  @Option(help: ArgumentHelp("Why, for the record.", valueName: "text"))
  var reason: String?

  @Option(
    help: ArgumentHelp("The longest to wait for the end; 15s unless given.", valueName: "duration"),
    transform: ArgumentReader.duration)
  var timeout: Duration?

  @Flag(help: "The results as a JSON list.")
  var json = false

  @Flag(name: .shortAndLong, help: "Say nothing.")
  var quiet = false

  func validate() throws {
    guard [!ids.isEmpty, runName != nil, group != nil, all].count(where: \.self) == 1 else {
      throw ValidationError("kill needs ids, or --run, or --group, or --all, and only one of these")
    }
  }

  func run() throws {
    let desk = try JobDesk.required()
    let jobs = try select(from: desk)
    let live = jobs.filter { !$0.status.isTerminal }
    if !quiet, !ids.isEmpty {
      for job in jobs where job.status.isTerminal {
        StandardStream.error.talk("agentscript: job '\(job.id)' has ended already, it is \(job.status.rawValue)\n")
      }
    }
    if live.isEmpty, ids.isEmpty, !quiet { StandardStream.error.talk("agentscript: no job is under way\n") }
    try request(live, desk)
    let ended = try awaitEnd(of: live, desk)
    if json { try JSONOutput.write(list: ended.map { $0.resultJSON(pretty: true) }) }
  }

  private func select(from desk: JobDesk) throws -> [JobRecord] {
    guard ids.isEmpty else { return try desk.find(ids) }
    var filter = JobFilter()
    filter.isLive = true
    filter.run = try runName.map { try desk.run($0) }
    filter.group = group
    return try desk.jobs(filter)
  }

  private func request(_ jobs: [JobRecord], _ desk: JobDesk) throws {
    guard !jobs.isEmpty else { return }
    let registry = try desk.writing()
    defer { registry.close() }
    let reason = try reason.map { try KnownSecrets.redaction().text($0) } ?? "asked for on the command line"
    for job in jobs {
      do {
        try registry.requestCancel(job.id, by: "agentscript kill", reason: reason, keepsChildren: keepChildren)
      } catch {
        // A job that ended by itself in between is as good.
        guard error.code == .alreadyEnded(job.id) else { throw error }
      }
    }
  }

  private func awaitEnd(of jobs: [JobRecord], _ desk: JobDesk) throws -> [JobRecord] {
    let stream = StandardStream.output
    let view = JobView(palette: Palette(isColored: stream.wantsColor), now: .now())
    var ended: [JobRecord] = []
    var watch = EndWatch(desk, jobs.map(\.id))
    let isComplete = try watch.run(for: timeout ?? .seconds(15)) { job in
      ended.append(job)
      if !quiet, !json { try stream.write(view.ending(job) + "\n") }
    }
    guard isComplete else {
      let names = watch.rest.map(\.rawValue).joined(separator: ", ")
      throw CommandFailure(
        message: "asked to end, but the process that runs them has not done so yet: \(names)", status: .timedOut)
    }
    return ended
  }
}
