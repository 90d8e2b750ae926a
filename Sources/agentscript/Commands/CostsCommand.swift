internal import ArgumentParser
import Jobs

/// `agentscript costs`: what models took.
struct CostsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "costs",
    abstract: "Shows what models took: calls, tokens and money, the dearest first.",
    discussion: """
      Of the jobs that are still in the registry; those that run count as far as they are. Prices are those of the day of the \
      call. Days are days in UTC.

      Examples:
        agentscript costs
        agentscript costs --run last --by job
        agentscript costs --since 7d --by day --json
      """)

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("Only jobs of this run: its id, the beginning of it, or last.", valueName: "run"))
  var runName: String?

  @Option(help: ArgumentHelp("Only jobs of this group.", valueName: "id"))
  var group: String?

  @Option(
    help: ArgumentHelp("Only jobs that changed since then: 7d, 12h, or a day as in 2026-11-21.", valueName: "time"))
  var since: String?

  @Option(
    help: ArgumentHelp(
      "What costs are added up by: \(CostKey.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "what"),
    transform: ArgumentReader.costKey)
  var by = CostKey.model

  @Flag(help: "The sums as JSON.")
  var json = false

  func run() throws {
    let from = try since.map(Self.time)
    guard let desk = try JobDesk.open() else {
      if json { try JSONOutput.write(CostView.json([], total: JobUsage(), by: by)) }
      StandardStream.error.talk("agentscript: \(try JobDesk.nothingYet())\n")
      return
    }
    let filter = CostFilter(run: try runName.map { try desk.run($0) }, group: group, since: from)
    let sums = try desk.registry.costs(by: by, filter)
    let total = try desk.registry.cost(filter)
    if json { return try JSONOutput.write(CostView.json(sums, total: total, by: by)) }
    guard !sums.isEmpty else { return StandardStream.error.talk("agentscript: no model was called\n") }
    let stream = StandardStream.output
    let view = CostView(palette: Palette(isColored: stream.wantsColor))
    try stream.write(view.table(sums, total: total, by: by, columns: stream.columns).map { $0 + "\n" }.joined())
    if total.unpricedCalls > 0 {
      StandardStream.error.talk("agentscript: \(CostView.unpriced(total)), which is not in these sums\n")
    }
  }

  private static func time(_ text: String) throws -> Timestamp {
    if let day = Timestamp(text + "T00:00:00Z") ?? Timestamp(text) { return day }
    guard let span = DurationText.parse(text) else {
      throw CommandFailure.usage(
        "'\(TerminalText.line(text))' is no time; write \(DurationText.accepted), or a day as in 2026-11-21")
    }
    return Timestamp(milliseconds: Timestamp.now().milliseconds - span.components.seconds * 1000)
  }
}
