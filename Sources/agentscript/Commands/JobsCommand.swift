internal import ArgumentParser
import Jobs
import Runtime

/// `agentscript jobs`: the list.
struct JobsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs",
    abstract: "Lists jobs, the newest first: those that live, and the last that ended.",
    discussion: """
      Works while scripts run, from any terminal.

      Examples:
        agentscript jobs --status failed,timed_out
        agentscript jobs --run last --json
        agentscript jobs --label team=web --phase build
      """,
    aliases: ["ls", "bg-jobs"])

  @Option(help: ArgumentHelp("Only jobs with one of these statuses, separated by commas.", valueName: "status"))
  var status: String?

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("Only jobs of this run: its id, the beginning of it, or last.", valueName: "run"))
  var runName: String?

  @Option(
    name: .customLong("label"), parsing: .singleValue,
    help: ArgumentHelp("Only jobs with this label; may be given again.", valueName: "name=value"),
    transform: ArgumentReader.variable)
  var labels: [ArgumentReader.Variable] = []

  @Option(help: ArgumentHelp("Only jobs of this phase.", valueName: "name"))
  var phase: String?

  @Option(help: ArgumentHelp("Only jobs about this.", valueName: "topic"))
  var topic: String?

  @Flag(name: .shortAndLong, help: "All jobs, however old.")
  var all = false

  @Flag(help: "The records as a JSON list.")
  var json = false

  @Flag(name: .shortAndLong, help: "Only the ids, one a line.")
  var quiet = false

  /// How many jobs are listed where nothing else is asked for.
  private static let usualCount = 20

  func run() throws {
    let statuses = try statuses()
    guard let desk = try JobDesk.open() else {
      if json { try JSONOutput.write(list: []) }
      StandardStream.error.talk("agentscript: \(try JobDesk.nothingYet())\n")
      return
    }
    let (jobs, isCut) = try select(from: desk, statuses)
    if json { return try JSONOutput.write(list: jobs.map { $0.json(pretty: true) }) }
    let stream = StandardStream.output
    if quiet { return try stream.write(jobs.map { "\($0.id)\n" }.joined()) }
    guard !jobs.isEmpty else { return StandardStream.error.talk("agentscript: no job fits\n") }
    let view = JobView(palette: Palette(isColored: stream.wantsColor), now: .now())
    try stream.write(view.table(jobs, columns: stream.columns).map { $0 + "\n" }.joined())
    if isCut { StandardStream.error.talk("… and older ones: agentscript jobs --all\n") }
  }

  private func select(from desk: JobDesk, _ statuses: Set<JobStatus>?) throws -> ([JobRecord], isCut: Bool) {
    var filter = JobFilter()
    filter.order = .newestFirst
    filter.statuses = statuses
    filter.run = try runName.map { try desk.run($0) }
    filter.labels = Dictionary(labels.map { ($0.key, $0.value) }) { $1 }
    filter.phase = phase
    filter.topic = topic
    guard !all, statuses == nil, runName == nil, labels.isEmpty, phase == nil, topic == nil else {
      return (try desk.jobs(filter), false)
    }
    filter.limit = Self.usualCount + 1
    let newest = try desk.jobs(filter)
    let shown = Array(newest.prefix(Self.usualCount))
    var live = JobFilter()
    live.isLive = true
    live.order = .newestFirst
    let known = Set(shown.map(\.id))
    return (shown + (try desk.jobs(live)).filter { !known.contains($0.id) }, newest.count > Self.usualCount)
  }

  private func statuses() throws -> Set<JobStatus>? {
    guard let status else { return nil }
    return try Set(
      status.split(separator: ",").map { word in
        guard let status = JobStatus(rawValue: String(word)) else {
          let all = JobStatus.allCases.map(\.rawValue)
          let near = NearMiss.best(for: String(word), among: all).map { "; did you mean '\($0)'?" }
          let known = "; there are " + all.joined(separator: ", ")
          throw CommandFailure.usage("'\(TerminalText.line(String(word)))' is no status\(near ?? known)")
        }
        return status
      })
  }
}
