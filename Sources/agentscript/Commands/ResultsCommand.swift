internal import ArgumentParser
import Jobs

/// `agentscript results`: what ended jobs came to.
struct ResultsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "results",
    abstract: "Writes what ended jobs said: of a long output the beginning and the end.",
    discussion: """
      Example:
        agentscript results lint test --json
      """,
    aliases: ["bg-results"])

  @Argument(help: ArgumentHelp("The jobs.", valueName: "id"), completion: .jobID)
  var ids: [String]

  @Flag(help: "The results as a JSON list, each with its output.")
  var json = false

  func run() throws {
    let jobs = try JobDesk.required().find(ids)
    if let job = jobs.first(where: { !$0.status.isTerminal }) {
      throw CommandFailure.failed(
        "job '\(job.id)' has not ended, it is \(job.status.rawValue); 'agentscript wait \(job.id)' waits for it")
    }
    // Records hold none already; of what the jobs themselves said, this takes out the secrets that we know here.
    let redaction = try KnownSecrets.redaction()
    if json {
      return try JSONOutput.write(
        list: jobs.map { job in
          JSONOutput.result(job, output: try OutputReader.excerpt(of: job, redaction: redaction))
        })
    }
    let stream = StandardStream.output
    let view = JobView(palette: Palette(isColored: stream.wantsColor), now: .now())
    for job in jobs {
      let output = try OutputReader.excerpt(of: job, redaction: redaction)
      if jobs.count > 1 { try stream.write("==> \(view.ending(job))\n") }
      var sink = LogSink(stream)
      try sink.write(output)
      try sink.finish()
      if let last = output.last, last != UInt8(ascii: "\n"), jobs.count > 1 || stream.isTerminal {
        try stream.write("\n")
      }
      if !job.isSuccess, jobs.count == 1 {
        StandardStream.error.talk("agentscript: job '\(job.id)' \(Self.sentence(job))\n")
      }
    }
  }

  private static func sentence(_ job: JobRecord) -> String {
    "ended as \(job.status.rawValue): \(ProgressModel.because(job))"
  }
}
