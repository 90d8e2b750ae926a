internal import ArgumentParser
import Jobs
import WireText

/// `agentscript prune`: makes room.
struct PruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Removes old jobs, and compresses long logs. Never a job that lives or belongs to a run that goes on.",
    discussion: """
      Without options: what ended more than 30 days ago.

      Example:
        agentscript prune --older-than 7d --max-size 2G
      """)

  @Option(
    help: ArgumentHelp("Jobs that ended longer ago than this go.", valueName: "duration"),
    transform: ArgumentReader.duration)
  var olderThan: Duration?

  @Option(
    help: ArgumentHelp("Of the ended jobs only so many stay, the latest.", valueName: "count"),
    transform: ArgumentReader.offset)
  var keep: Int?

  @Option(
    help: ArgumentHelp("The jobs' files together take at most this, as in 2G.", valueName: "size"),
    transform: ArgumentReader.size)
  var maxSize: Int?

  @Flag(help: "What was removed, as JSON.")
  var json = false

  @Flag(name: .shortAndLong, help: "Say nothing.")
  var quiet = false

  func run() throws {
    guard let desk = try JobDesk.open() else {
      if json { try JSONOutput.write(Self.json([], compressed: 0, freedBytes: 0)) }
      if !quiet { StandardStream.error.talk("agentscript: \(try JobDesk.nothingYet())\n") }
      return
    }
    let registry = try desk.writing()
    defer { registry.close() }
    let isUsual = olderThan == nil && keep == nil && maxSize == nil
    let rule = isUsual ? .usual : PruneRule(age: olderThan, count: keep, bytes: maxSize.map(Int64.init))
    let report = try registry.prune(rule)
    if let problem = report.problem {
      StandardStream.error.talk("agentscript: a log stays as it is: \(TerminalText.line(problem.description))\n")
    }
    if json {
      return try JSONOutput.write(
        Self.json(report.removed, compressed: report.compressed, freedBytes: report.freedBytes))
    }
    guard !quiet else { return }
    let size = DurationText.size(bytes: Int(clamping: report.freedBytes))
    let logs = report.compressed > 0 ? ", compressed \(report.compressed) logs" : ""
    try StandardStream.output.write("removed \(report.removed.count) jobs\(logs), freed \(size)\n")
  }

  private static func json(_ removed: [JobID], compressed: Int, freedBytes: Int64) -> String {
    let ids = removed.map { JSONWriter.quoted($0.rawValue) }.joined(separator: ", ")
    return """
      {
        "removed": [\(ids)],
        "compressed": \(compressed),
        "freed_bytes": \(freedBytes)
      }
      """
  }
}
