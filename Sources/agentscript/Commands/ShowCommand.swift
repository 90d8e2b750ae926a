internal import ArgumentParser
import Jobs

/// `agentscript show`: everything about one job.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows all that is known of a job, and the end of its output.",
    discussion: """
      The beginning of an id is enough where it begins no other; a name means the newest job of that name.

      Example:
        agentscript show build --json
      """)

  @Argument(help: ArgumentHelp("The job.", valueName: "id"), completion: .jobID)
  var id: String

  @Flag(help: "The record as JSON.")
  var json = false

  func run() throws {
    let job = try JobDesk.required().find(id)
    if json { return try JSONOutput.write(job.json(pretty: true)) }
    let stream = StandardStream.output
    let palette = Palette(isColored: stream.wantsColor)
    let view = JobView(palette: palette, now: .now())
    var text = view.page(job).map { $0 + "\n" }.joined()
    if let end = Self.endOfOutput(job), !end.isEmpty {
      text += "\n" + TerminalText.block(end) + (end.last == UInt8(ascii: "\n") ? "" : "\n")
    }
    try stream.write(text)
  }

  /// The last lines that the job said. A file that is not there (yet, or any more) has none.
  private static func endOfOutput(_ job: JobRecord) -> [UInt8]? {
    guard let output = try? OutputReader.excerpt(of: job, redaction: .ofThisProcess()) else { return nil }
    var lines = output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return Array(lines.suffix(10).joined(separator: [UInt8(ascii: "\n")]))
  }
}
