internal import ArgumentParser
import Jobs

/// `agentscript rm`: forgets ended jobs.
struct RemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm",
    abstract: "Removes ended jobs: their records and their files.",
    discussion: """
      Example:
        agentscript rm build-k3f9qz-1
      """)

  @Argument(help: ArgumentHelp("The jobs.", valueName: "id"), completion: .jobID)
  var ids: [String]

  @Flag(name: .shortAndLong, help: "Do not name what was removed.")
  var quiet = false

  func run() throws {
    let desk = try JobDesk.required()
    let jobs = try desk.find(ids)
    if let job = jobs.first(where: { !$0.status.isTerminal }) {
      throw CommandFailure.failed(
        "job '\(job.id)' has not ended, it is \(job.status.rawValue); 'agentscript kill \(job.id)' ends it")
    }
    let registry = try desk.writing()
    defer { registry.close() }
    for job in jobs {
      try registry.remove(job.id)
      if !quiet { try StandardStream.output.write("\(job.id)\n") }
    }
  }
}
