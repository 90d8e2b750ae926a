internal import ArgumentParser
import Jobs

/// `agentscript wait`: until jobs have ended.
struct WaitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait",
    abstract: "Waits until jobs have ended, and tells how. Waiting changes nothing.",
    discussion: """
      Exit codes: 0 all succeeded, 1 one did not, 124 the time was over.

      Example:
        agentscript wait build test --timeout 10m && ./deploy
      """)

  @Argument(help: ArgumentHelp("The jobs.", valueName: "id"), completion: .jobID)
  var ids: [String]

  @Option(
    help: ArgumentHelp("The longest to wait, as in 90s or 10m.", valueName: "duration"),
    transform: ArgumentReader.duration)
  var timeout: Duration?

  @Flag(help: "The results as a JSON list, in the order given.")
  var json = false

  @Flag(name: .shortAndLong, help: "Only the exit code.")
  var quiet = false

  func run() throws {
    let desk = try JobDesk.required()
    let ids = try desk.find(ids).map(\.id)
    let stream = StandardStream.output
    let palette = Palette(isColored: stream.wantsColor)
    var results: [JobID: JobRecord] = [:]
    var watch = EndWatch(desk, ids)
    let isComplete = try watch.run(for: timeout) { job in
      results[job.id] = job
      guard !json, !quiet else { return }
      try stream.write(JobView(palette: palette, now: .now()).ending(job) + "\n")
    }
    if json { try JSONOutput.write(list: ids.compactMap { results[$0]?.resultJSON(pretty: true) }) }
    guard isComplete else {
      let names = watch.rest.map(\.rawValue).joined(separator: ", ")
      throw CommandFailure(message: "the time was over before these ended: \(names)", status: .timedOut)
    }
    if !results.values.allSatisfy(\.isSuccess) { throw CommandEnd(.failed) }
  }
}
