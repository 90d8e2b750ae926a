internal import ArgumentParser
import Configuration

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// `agentscript trust`: lets what a project brings count.
struct TrustCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trust",
    abstract: "Lets a project's own settings, agents and MCP servers count, as they are now.",
    discussion: """
      Until then nothing of them is read or run. Any change asks again. Without a terminal, --yes and the --hash that \
      --show has told are needed, so that nothing is trusted that nobody has seen. A project may only narrow what your own \
      configuration allows.

      Examples:
        agentscript trust --show
        agentscript trust
        agentscript trust --revoke ~/src/old
      """)

  @Flag(help: "Show what would count, with the texts, and change nothing.")
  var show = false

  @Flag(help: "Trust the project no more.")
  var revoke = false

  @Flag(help: "Do not ask; only with --hash.")
  var yes = false

  @Option(help: ArgumentHelp("The hash that --show has told.", valueName: "hash"))
  var hash: String?

  @Argument(
    help: ArgumentHelp("A folder of the project; this one unless given.", valueName: "path"), completion: .directory)
  var path: String?

  func validate() throws {
    if show, revoke { throw ValidationError("--show and --revoke exclude each other") }
    if yes, hash == nil { throw ValidationError("--yes needs the --hash that 'agentscript trust --show' tells") }
    if hash != nil, !yes { throw ValidationError("--hash goes with --yes") }
  }

  func run() throws {
    let places = SettingsPlaces.ofThisProcess(directory: path)
    if revoke { return try takeBack(places) }
    guard let proposal = try ProjectTrust.proposal(places) else {
      StandardStream.error.talk("agentscript: nothing here is to be trusted: no settings and no agents of a project\n")
      return
    }
    if show { return try StandardStream.output.write(TrustReport(proposal).text(withContents: true)) }
    if let problem = proposal.contents.problems.first {
      throw CommandFailure.failed(TerminalText.line("\(proposal.project) cannot be trusted: \(problem)"))
    }
    if proposal.isTrusted {
      StandardStream.error.talk("agentscript: \(TerminalText.line(proposal.project)) is trusted already\n")
      return
    }
    try consent(to: proposal)
    guard let file = places.trustFile else { throw CommandFailure.failed("there is no folder to remember it in") }
    try TrustStore(path: file).set(proposal.entry, for: proposal.project)
    StandardStream.error.talk("agentscript: \(TerminalText.line(proposal.project)) is trusted as it is now\n")
  }

  private func consent(to proposal: ProjectTrust.Proposal) throws(CommandFailure) {
    // Who runs as a job has not been asked to speak for the user.
    if getenv("AGENTSCRIPT_JOB_ID") != nil { throw .usage("a job cannot trust a project: run this yourself") }
    if let hash {
      guard hash == proposal.entry.hash else {
        throw .failed("the project is not what that hash says: look at it again with 'agentscript trust --show'")
      }
      return
    }
    let error = StandardStream.error
    guard isatty(STDIN_FILENO) == 1, error.isTerminal else {
      throw .usage(
        "nobody can be asked without a terminal: use --yes with the --hash that 'agentscript trust --show' tells")
    }
    error.talk(TrustReport(proposal).text(withContents: false))
    error.talk("Trust all of this as it is now? Type 'yes': ")
    guard readLine()?.lowercased() == "yes" else { throw .failed("it is not trusted") }
  }

  private func takeBack(_ places: SettingsPlaces) throws {
    guard let file = places.trustFile, let project = places.resolvedProject else {
      throw CommandFailure.failed("there is no project here")
    }
    let store = TrustStore(path: file)
    guard try store.entry(project) != nil else {
      StandardStream.error.talk("agentscript: \(TerminalText.line(project)) is not trusted\n")
      return
    }
    try store.set(nil, for: project)
    StandardStream.error.talk("agentscript: \(TerminalText.line(project)) is trusted no more\n")
  }
}

/// What a person sees before they trust a project: bounded, and harmless for a terminal.
struct TrustReport {
  private static let mostLines = 100
  private static let mostCharacters = 1000
  private let proposal: ProjectTrust.Proposal

  init(_ proposal: ProjectTrust.Proposal) { self.proposal = proposal }

  func text(withContents: Bool) -> String {
    var lines = ["Project: \(line(proposal.project))"]
    lines += ["State:   \(proposal.isTrusted ? "trusted" : proposal.present == nil ? "not trusted" : "changed")"]
    lines += ["Hash:    \(proposal.entry.hash)"]
    if !proposal.contents.problems.isEmpty {
      lines += ["", "It cannot be trusted as it is:"] + bounded(proposal.contents.problems)
    }
    if let present = proposal.present, !proposal.isTrusted {
      let changes = ProjectTrust.changes(proposal.contents, since: present)
      lines += ["", "Changed since then:"] + bounded(changes.map { "\($0.path) \($0.what)" })
    }
    lines += ["", "Files:"] + bounded(proposal.contents.files.map { "\($0.path)  \($0.bytes.count) bytes" })
    if !proposal.settings.isEmpty { lines += ["", "Settings:"] + bounded(proposal.settings) }
    if withContents {
      for file in proposal.contents.files where file.path != ProjectContents.configFile {
        lines += ["", "---- \(line(file.path))"] + contents(file.bytes)
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private func contents(_ bytes: [UInt8]) -> [String] {
    let all = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    let shown = all.prefix(TrustReport.mostLines).map {
      cut(TerminalText.line($0.prefix(TrustReport.mostCharacters * 4)))
    }
    return all.count > shown.count ? shown + ["(\(all.count - shown.count) more lines)"] : shown
  }

  private func bounded(_ texts: [String]) -> [String] {
    let shown = texts.prefix(TrustReport.mostLines).map { "  " + line($0) }
    return texts.count > shown.count ? shown + ["  (\(texts.count - shown.count) MORE that are not shown here)"] : shown
  }

  private func line(_ text: String) -> String { cut(TerminalText.line(text)) }

  private func cut(_ text: String) -> String {
    let most = TrustReport.mostCharacters
    return text.unicodeScalars.count <= most
      ? text
      : String(String.UnicodeScalarView(text.unicodeScalars.prefix(most)))
        + "… (\(text.unicodeScalars.count - most) more characters)"
  }
}
