internal import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Where settings are looked for.
public struct SettingsPlaces: Sendable {
  /// The environment; `XDG_CONFIG_HOME`, `XDG_STATE_HOME` and `HOME` in it say where the user's files are.
  public var environment: [String: String]
  /// The project's folder, in which `.agentscript` is or would be, or nil where there is none.
  public var project: String?
  /// Why what is there cannot count, whoever trusts it.
  var projectProblem: String?

  /// Places by their parts.
  public init(environment: [String: String], project: String?) {
    self.environment = environment
    self.project = project
  }

  /// The places for work that begins in `directory`, an absolute path. The home folder is no project: what is the user's is
  /// found elsewhere.
  public init(from directory: String, environment: [String: String]) {
    var without = environment
    // Where a user keeps the state of jobs says nothing about whose project this is.
    without[StateDirectory.variable] = nil
    self.init(environment: environment, project: nil)
    do throws(StateDirectoryError) {
      let folder = try StateDirectory.locate(from: directory, environment: without).path
      project = SettingsPlaces.parent(of: folder)
    } catch {
      project = SettingsPlaces.parent(of: error.path)
      projectProblem = error.description
    }
    if let home = environment["HOME"], project == SettingsPlaces.trimmed(home) { project = nil }
  }

  /// The user's configuration file; nil where the environment names no folder for it.
  public var userFile: String? { userFolder.map { $0 + "/config.lua" } }

  /// The folder that it is in.
  var userFolder: String? { folder("XDG_CONFIG_HOME", ".config") }

  /// The file that says which projects are trusted.
  public var trustFile: String? { folder("XDG_STATE_HOME", ".local/state").map { $0 + "/trust.json" } }

  /// The project's configuration file.
  public var projectFile: String? { project.map { $0 + "/" + ProjectContents.configFile } }

  /// The project's folder without links, as trust is remembered by it; nil if it is not there.
  public var resolvedProject: String? { project.flatMap(ProjectPaths.resolved) }

  /// As the XDG Base Directory Specification has it: a path that is not absolute is ignored.
  private func folder(_ variable: String, _ usual: String) -> String? {
    if let path = environment[variable], path.hasPrefix("/") { return SettingsPlaces.trimmed(path) + "/agentscript" }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    return SettingsPlaces.trimmed(home) + "/" + usual + "/agentscript"
  }

  private static func trimmed(_ path: String) -> String {
    var path = path[...]
    while path.count > 1, path.last == "/" { path.removeLast() }
    return path == "/" ? "" : String(path)
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }
}

extension SettingsPlaces {
  /// The places of this process: its environment, and the project around `directory` or else around its working directory.
  public static func ofThisProcess(directory: String? = nil) -> SettingsPlaces {
    var environment: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      next += 1
      guard let equals = strchr(entry, Int32(UInt8(ascii: "="))) else { continue }
      let name = UnsafeBufferPointer(start: entry, count: equals - entry).map { UInt8(bitPattern: $0) }
      environment[String(decoding: name, as: UTF8.self)] = String(cString: equals + 1)
    }
    var here = "/"
    if let pointer = getcwd(nil, 0) {
      here = String(cString: pointer)
      free(pointer)
    }
    guard let directory else { return SettingsPlaces(from: here, environment: environment) }
    let whole = directory.hasPrefix("/") ? directory : here + "/" + directory
    return SettingsPlaces(from: ProjectPaths.resolved(whole) ?? whole, environment: environment)
  }
}
