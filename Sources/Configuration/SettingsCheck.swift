/// What the files say, looked at one by one, so that all that is wrong is told.
public struct SettingsCheck: Sendable {
  /// What was found in one place.
  public enum Finding: Sendable, Hashable {
    /// There is no such file.
    case missing(String)
    /// It can be used, and sets so many settings.
    case good(String, count: Int)
    /// It does not count, for this reason.
    case ignored(String, why: String)
    /// It cannot be used.
    case broken([SettingsError.Problem])
  }

  /// In the order of the layers.
  public let findings: [Finding]

  /// Whether anything keeps settings from being loaded.
  public var isBroken: Bool { findings.contains { if case .broken = $0 { true } else { false } } }

  /// Reads all there is; of a project that is not trusted nothing.
  public init(_ places: SettingsPlaces) {
    var findings: [Finding] = []
    if let path = places.userFile {
      findings.append(
        SettingsCheck.finding(path) { () throws(SettingsError) in
          guard let file = try ConfigFile.ofUser(path) else { return nil }
          return try SettingsReader.entries(of: ConfigChunk.evaluate(file), in: path).count
        })
    }
    let trust = ProjectTrust.verdict(places)
    if let file = trust.configuration {
      findings.append(
        SettingsCheck.finding(file.path) { () throws(SettingsError) in
          try SettingsReader.entries(of: ConfigChunk.evaluate(file), in: file.path).count
        })
    } else if let note = trust.note, let path = places.projectFile {
      findings.append(.ignored(path, why: note))
    }
    if !findings.contains(where: { if case .broken = $0 { true } else { false } }) {
      do throws(SettingsError) {
        _ = try Settings.load(places)
      } catch {
        findings.append(.broken(error.problems))
      }
    }
    self.findings = findings
  }

  private static func finding(
    _ path: String, _ count: () throws(SettingsError) -> Int?
  ) -> Finding {
    do throws(SettingsError) {
      return try count().map { .good(path, count: $0) } ?? .missing(path)
    } catch {
      return .broken(error.problems)
    }
  }
}
