internal import Agents
import Jobs
internal import Models
internal import WireText

// The tools of an agent, put together: those of its role, those of the configuration's servers, those of the script.
extension AgentAttempt {
  func tools(of role: AgentRole, _ folder: String, _ office: AgentDesk.Office) async throws(Refusal) -> [AgentTool] {
    var offered = FileTools(folder: folder, hidden: [engine.registry.directory.path]).all
    offered.append(bash(folder))
    offered.append(WebFetch.tool(fetch: WebFetch.fetching(by: office.transport)))
    if job.spec.agentDepth < AgentAttempt.mostDepth { offered.append(agentTool(office)) }
    if let memory = AgentMemory(of: role) { offered.append(memory.appendTool(by: role.name)) }
    if wantsServers(role) {
      let (tools, problems) = await office.servers.tools(engine: engine)
      for problem in problems { transcript.mark("SERVER", problem) }
      offered += tools
    }
    var tools = offered.filter { isWanted($0.name, role) }
    tools += options.scriptTools.map(scriptTool)
    try checkNames(offered.map(\.name))
    return tools
  }

  private func isWanted(_ name: String, _ role: AgentRole) -> Bool {
    if options.disallowedTools.contains(where: { ToolNames.matches($0, name) }) { return false }
    if let names = options.tools { return names.contains { ToolNames.matches($0, name) } }
    // Who has a memory may write it, whatever else he may do.
    return name == "append_memory" || role.allows(tool: name)
  }

  /// Servers are not started for an agent that gets none of their tools.
  private func wantsServers(_ role: AgentRole) -> Bool {
    guard let names = options.tools ?? role.tools else { return true }
    return names.contains { $0.hasPrefix("mcp") || $0.contains("*") }
  }

  /// A slip in a name would leave the agent without a tool, and nobody would know why.
  private func checkNames(_ offered: [String]) throws(Refusal) {
    let known = Set(offered + ToolNames.ours)
    for name in (options.tools ?? []) + options.disallowedTools where !name.contains("*") && !name.hasPrefix("mcp__") {
      if known.contains(where: { ToolNames.matches(name, $0) }) { continue }
      let guess = NearMiss.best(for: name, among: Array(known)).map { "; did you mean '\($0)'?" }
      throw Refusal(
        sentence: "there is no tool '\(Escaping.line(name, limit: 64))'"
          + (guess ?? "; there are \(known.sorted().joined(separator: ", "))"))
    }
  }

  // MARK: Functions of the script

  private func scriptTool(_ tool: AgentOptions.ScriptTool) -> AgentTool {
    let definition = ModelTool(name: tool.name, description: tool.description, schema: tool.parameters)
    // As what reads: who gives a function to an agent wants it called, by agents that only plan as well, and calls of one turn
    // may wait side by side, as all functions of a script do.
    return AgentTool(definition, kind: .reads) { [self] arguments, _ in
      let text = JSONValue.object(arguments).description
      let record = engine.look { $0.jobs[id]?.state.record } ?? job.state.record
      switch await engine.callFunction(of: record, .tool(name: tool.name, arguments: text)) {
      case .returned(let output, let data):
        return ToolOutcome(data ?? String(decoding: output, as: UTF8.self))
      case .raised(let message, _): return .failure(message)
      case .cancelled, .decided: return .failure("the function was cancelled")
      }
    }
  }

  // MARK: Agents of agents

  private func agentTool(_ office: AgentDesk.Office) -> AgentTool {
    let roles = office.roles.all.filter(\.isSelectable).map { "\($0.name): \($0.description)" }
    let definition = ModelTool(
      name: "task",
      description:
        "Lets another agent do a piece of work that can be described in a few sentences, and returns its answer. It starts "
        + "without what you know: the prompt has to say all that it needs, and what its answer should hold. Several calls in "
        + "one turn work side by side. Agents: " + roles.joined(separator: " | "),
      schema: [
        "type": "object",
        "properties": [
          "prompt": ["type": "string", "description": "What the agent is to do."],
          "agent": ["type": "string", "description": "Its name; without one it is chosen by the prompt."],
          "description": ["type": "string", "description": "Three to six words for people who watch."],
        ],
        "required": ["prompt"],
      ])
    return AgentTool(definition, kind: .reads, subject: { $0["agent"]?.string ?? "General" }) { [self] arguments, _ in
      await runAgent(arguments, office)
    }
  }

  private func runAgent(_ arguments: JSONObject, _ office: AgentDesk.Office) async -> ToolOutcome {
    guard let prompt = arguments["prompt"]?.string, !prompt.allSatisfy(\.isWhitespace) else {
      return .failure("task needs a prompt")
    }
    let name = arguments["agent"]?.string
    if let name, office.roles[name] == nil {
      return .failure("there is no agent '\(name)'; there are \(office.roles.names.joined(separator: ", "))")
    }
    var spec = TaskSpec(work: .prompt(prompt))
    spec.agent = name
    spec.name = arguments["description"]?.string.map { Escaping.line($0, limit: 80) }
    spec.parent = id
    spec.agentDepth = job.spec.agentDepth + 1
    spec.cwd = job.workingFolder
    spec.environment = job.spec.environment
    spec.sandbox = job.spec.sandbox
    spec.limits = job.spec.limits
    spec.timeout = job.spec.timeout
    spec.priority = job.spec.priority
    spec.phase = job.spec.phase
    spec.topic = job.spec.topic
    spec.origin = job.spec.origin
    // What the task forbids its agent it forbids that one's agents as well.
    var own = AgentOptions()
    own.disallowedTools = options.disallowedTools
    own.permissionMode = options.permissionMode
    spec.agentOptions = own.isEmpty ? nil : own
    let record = await engine.runSubAgent(spec)
    guard record.isSuccess else { return .failure("the agent failed: \(record.error ?? record.status.rawValue)") }
    return ToolOutcome(engine.outputText(of: record))
  }
}
