/// Whether what a project brings may count.
public enum ProjectTrust {
  /// The answer for one project.
  struct Verdict: Sendable {
    /// What is trusted, by absolute paths; nil if the project is not.
    var files: [String: [UInt8]]?
    /// The project's configuration, the very bytes that are trusted; nil where there is none or it must not count.
    var configuration: ConfigFile?
    /// What a person should know.
    var note: String?
  }

  /// Looks whether the project is trusted as it is now. Of one that never was nothing is read.
  static func verdict(_ places: SettingsPlaces) -> Verdict {
    guard let project = places.project else { return Verdict() }
    if let problem = places.projectProblem {
      return Verdict(note: "the project's settings and agents do not count: \(problem)")
    }
    guard ProjectContents.isThere(in: project) else { return Verdict() }
    guard let path = places.trustFile, let real = ProjectPaths.resolved(project) else { return unknown }
    do throws(SettingsError) {
      guard let entry = try TrustStore(path: path).entry(real) else { return unknown }
      let contents = ProjectContents(of: project, also: entry.also)
      if let problem = contents.problems.first {
        return Verdict(note: "this project is not trusted any more: \(problem)")
      }
      guard contents.hash == entry.hash else {
        return Verdict(note: "this project has changed since it was trusted: \(change(contents, entry)); \(remedy)")
      }
      return Verdict(files: contents.byPath(in: project), configuration: configuration(contents, project))
    } catch {
      return Verdict(note: "no project is trusted: \(error)")
    }
  }

  private static func configuration(_ contents: ProjectContents, _ project: String) -> ConfigFile? {
    contents.bytes(of: ProjectContents.configFile).map {
      ConfigFile(path: ProjectPaths.absolute(ProjectContents.configFile, in: project), bytes: $0)
    }
  }

  private static let remedy = "look at it and trust it again with: agentscript trust"

  private static let unknown = Verdict(
    note: "this project has settings or agents of its own, which do not count until you trust them: agentscript trust")

  private static func change(_ contents: ProjectContents, _ entry: TrustStore.Entry) -> String {
    let changes = changes(contents, since: entry)
    let first = changes.first.map { "\($0.path) \($0.what)" } ?? "its files"
    return changes.count > 1 ? first + " (and \(changes.count - 1) more)" : first
  }

  /// What is new, changed or gone since a project was trusted, by path.
  public static func changes(
    _ contents: ProjectContents, since entry: TrustStore.Entry
  ) -> [(path: String, what: String)] {
    var changes: [(path: String, what: String)] = []
    for file in contents.files {
      if let before = entry.files[file.path] {
        if before != file.hash { changes.append((file.path, "has changed")) }
      } else {
        changes.append((file.path, "is new"))
      }
    }
    let present = Set(contents.files.map(\.path))
    for path in entry.files.keys.sorted() where !present.contains(path) { changes.append((path, "is gone")) }
    return changes
  }

  /// What trusting a project would mean now.
  public struct Proposal: Sendable {
    /// The project's folder, without links.
    public let project: String
    /// All that would count.
    public let contents: ProjectContents
    /// What the configuration sets, one line each, as it was written.
    public let settings: [String]
    /// What the store would hold.
    public let entry: TrustStore.Entry
    /// Its present entry, if it has one.
    public let present: TrustStore.Entry?

    /// Whether it is trusted as it is.
    public var isTrusted: Bool { present?.hash == entry.hash && contents.problems.isEmpty }
  }

  /// Looks at a project's files, its configuration included, which is evaluated without any means to do something; nil where
  /// nothing is there to trust.
  public static func proposal(_ places: SettingsPlaces) throws(SettingsError) -> Proposal? {
    guard let project = places.project else { return nil }
    if let problem = places.projectProblem { throw SettingsError(project, problem) }
    guard let real = ProjectPaths.resolved(project), let store = places.trustFile else {
      throw SettingsError(project, "cannot be trusted: HOME and XDG_STATE_HOME name no folder to remember it in")
    }
    let present = try TrustStore(path: store).entry(real)
    var contents = ProjectContents(of: project)
    if contents.files.isEmpty, contents.problems.isEmpty, present == nil { return nil }
    var also = contents.problems.isEmpty ? PromptFiles.paths(in: contents, project: project) : []
    var settings: [String] = []
    if !also.isEmpty { contents = ProjectContents(of: project, also: also) }
    if contents.problems.isEmpty, let file = configuration(contents, project) {
      let entries = try SettingsReader.entries(of: ConfigChunk.evaluate(file), in: file.path)
      try ProjectPaths.check(entries, in: project, file.path)
      also = Set(also + ServerFiles.paths(in: entries, project: project)).sorted()
      contents = ProjectContents(of: project, also: also)
      guard contents.bytes(of: ProjectContents.configFile) == file.bytes else {
        throw SettingsError(file.path, "changes while it is looked at")
      }
      // First what runs programs and who is talked to, so that nothing long can push it out of sight.
      let telling = entries.filter { ["mcp", "providers"].contains($0.path.first) }
      let others = entries.filter { !["mcp", "providers"].contains($0.path.first) }
      settings = (telling + others).map { "\($0.path.shown) = \($0.value.shown)" }
    }
    let hashes = contents.files.map { ($0.path, $0.hash) }
    let entry = TrustStore.Entry(
      hash: contents.hash, files: Dictionary(hashes) { first, _ in first }, also: also)
    return Proposal(project: real, contents: contents, settings: settings, entry: entry, present: present)
  }
}
