import Agents
import Jobs

/// The environment of a server of tools.
enum MCPEnvironment {
  /// Its entries. In values of the server's settings `${NAME}` stands for a variable of this process, so that secrets need not
  /// be written into a configuration. Throws if there is no such variable.
  static func entries(
    of server: MCPServerSpec, inherited: JobEnvironment, run: RunID, secrets: Set<String>
  ) throws(MCPProcess.Failure) -> [[UInt8]] {
    let variables = inherited.variables
    let listed = variables[SecretName.listing].map { Set(SecretName.listed(in: $0)) } ?? []
    var changes: [String: String?] = [:]
    for name in variables.keys where SecretName.isSecret(name) || secrets.contains(name) || listed.contains(name) {
      changes[name] = .some(nil)
    }
    for (name, value) in server.environment { changes[name] = try expanded(value, variables) }
    if let fault = JobEnvironment.fault(in: changes) { throw MCPProcess.Failure(description: fault) }
    return inherited.entriesOfTool(changes: changes, run: run)
  }

  /// The value with what `${NAME}` stands for.
  private static func expanded(
    _ value: String, _ variables: [String: String]
  ) throws(MCPProcess.Failure) -> String {
    var result = ""
    var rest = value[...]
    while let open = rest.firstIndex(of: "$") {
      result += rest[..<open]
      rest = rest[open...].dropFirst()
      guard rest.first == "{", let end = rest.firstIndex(of: "}") else {
        result += "$"
        continue
      }
      let name = String(rest.dropFirst()[..<end])
      guard let found = variables[name] else {
        throw MCPProcess.Failure(
          description: "its settings name the environment variable '\(Escaping.line(name))', which is not set")
      }
      result += found
      rest = rest[end...].dropFirst()
    }
    return result + rest
  }
}

extension MCPClient {
  /// A client of a server that is started as a process of a run. `note` hears what a person should know of, as one line.
  convenience init(
    _ server: MCPServerSpec, folder: String, engine: JobEngine, secrets: Set<String> = [],
    note: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    var server = server
    server.cwd = server.cwd ?? folder
    let run = engine.run.id
    self.init(
      server, identity: MCPIdentity(name: "agentscript", version: ProgramVersion.text), note: note,
      open: { [weak engine] server in
        guard let engine else { throw MCPProcess.Failure(description: "the run is over") }
        return try await MCPProcess.open(server, inherited: engine.inheritedEnvironment(), run: run, secrets: secrets)
      })
  }
}
