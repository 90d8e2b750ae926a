import Agents
internal import ArgumentParser
import Configuration
import Jobs
import Models
import Runtime

/// `agentscript route`: which model would do a piece of work, and why.
struct RouteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "route",
    abstract: "Says which model would be asked, what would follow if it failed, and why. Asks no model.",
    discussion: """
      Looks for servers on this machine where no key is set, or where one of them is named.

      Examples:
        agentscript route "find all callers of open()"
        agentscript route "why does this deadlock?" --explain
        agentscript route --tier best --json
      """)

  @Argument(help: ArgumentHelp("What the task would ask.", valueName: "prompt"))
  var words: [String] = []

  @Option(help: ArgumentHelp("The model that the task would name.", valueName: "name"))
  var model: String?

  @Option(help: ArgumentHelp("The tier that it would name: fast, balanced or best.", valueName: "tier"))
  var tier: String?

  @Option(help: ArgumentHelp("The agent that would do it.", valueName: "name"))
  var agent: String?

  @Option(help: ArgumentHelp("The kind of work, as in review.", valueName: "kind"))
  var kind: String?

  @Flag(help: "Also say why, and what stands against the others.")
  var explain = false

  @Flag(help: "The decision as JSON.")
  var json = false

  func run() throws {
    let settings = try ModelSource.settings()
    let isOpen = model == nil && tier == nil && agent == nil && kind == nil
    let query = RouteQuery(
      model: isOpen ? settings.model : model, tier: tier, agent: agent, kind: kind,
      prompt: words.joined(separator: " "))
    var models = settings.models
    let (roles, _) = AgentRoles.load(settings, environment: SettingsPlaces.ofThisProcess().environment)
    for role in roles.all { models.router.agents[role.name] = role.route }
    if let agent, roles[agent] == nil {
      let near = NearMiss.best(for: agent, among: roles.names).map { "; did you mean '\($0)'?" } ?? ""
      throw CommandFailure.failed("there is no agent '\(TerminalText.line(agent))'\(near)")
    }
    let desk = ModelDesk(models, transport: HTTPTransport(), gateFolder: nil)
    let decision = Waiting.value { await desk.decide(query) }
    let view = RouteView(decision: decision, now: GateFile.now())
    if json {
      try JSONOutput.write(view.json)
    } else {
      let lines = (explain ? [] : view.lines) + (explain ? view.explanation : [])
      try StandardStream.output.write(lines.map { $0 + "\n" }.joined())
    }
    if let failure = desk.failure(of: decision) {
      // Where the lines above have said it, once is enough.
      throw CommandFailure(failure)
    }
  }
}
