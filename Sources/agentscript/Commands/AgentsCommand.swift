import Agents
internal import ArgumentParser
import Jobs

/// `agentscript agents`: which agents there are.
struct AgentsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agents",
    abstract: "Lists the agents that tasks can name, and shows one of them.",
    usage: """
      agentscript agents [ls] [--json]
      agentscript agents show NAME [--json]
      """,
    discussion: """
      Agents are built in, or come from the configuration and from files of the user and, if it is trusted, of the project: \
      .agentscript/agents, .claude/agents, .opencode/agent.

      Examples:
        agentscript agents
        agentscript agents show Explore
      """,
    subcommands: [AgentsListCommand.self, AgentsShowCommand.self],
    defaultSubcommand: AgentsListCommand.self)
}

/// `agentscript agents ls`.
struct AgentsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls",
    abstract: "Lists the agents.",
    discussion: """
      Example:
        agentscript agents ls --json
      """)

  @Flag(help: "The agents as a JSON list.")
  var json = false

  func run() throws {
    let catalog = try AgentCatalog.load()
    catalog.tellProblems()
    let roles = catalog.roles.all
    if json { return try JSONOutput.write(list: roles.map { AgentView(role: $0).json(withPrompt: false) }) }
    let stream = StandardStream.output
    let lines = AgentView.table(roles, columns: stream.columns, palette: Palette(isColored: stream.wantsColor))
    try stream.write(lines.map { $0 + "\n" }.joined())
  }
}

/// `agentscript agents show NAME`.
struct AgentsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows all that is known of an agent, its system prompt included.",
    discussion: """
      Example:
        agentscript agents show code-reviewer
      """)

  @Flag(help: "The agent as JSON.")
  var json = false

  @Argument(help: ArgumentHelp("The agent; capitals make no difference.", valueName: "name"))
  var name: String

  func run() throws {
    let catalog = try AgentCatalog.load()
    let role = try catalog.role(name)
    for problem in catalog.problems where problem.path != nil && problem.path == role.source.path {
      StandardStream.error.talk(TerminalText.line("agentscript: \(problem)") + "\n")
    }
    let view = AgentView(role: role)
    if json { return try JSONOutput.write(view.json(withPrompt: true)) }
    try StandardStream.output.write(view.text)
  }
}
