/// The options of `bwrap` for a sandbox. Pure.
enum BubblewrapArguments {
  /// What depends on the system and on the job, beside the files.
  struct Setting: Sendable {
    /// The descriptor to which bwrap writes how the command ended.
    var status: Int32
    /// The descriptor with the filter of system calls.
    var filter: Int32
    /// Open paths, by which bwrap finds what it shows even if somebody swaps a link meanwhile. Where one is missing, or
    /// this bwrap knows no such option, it goes by the path.
    var pinned: [AbsolutePath: Int32] = [:]
    /// Whether a user namespace has to be asked for.
    var asksForUserNamespace = false
    /// Whether the command keeps the session, and so the terminal, that bwrap is started in.
    var keepsSession = false
    /// Variables that the command gets, but bwrap itself must not have.
    var variables: [(name: String, value: String)] = []
  }

  /// The paths to be opened for `Setting.pinned`.
  static func pinnable(_ sandbox: ResolvedSandbox) -> [AbsolutePath] {
    let system = Set(SandboxMasks.system.map { AbsolutePath($0) })
    return sandbox.view.ordered.filter { path, entry in
      path != .root && !system.contains(path) && (entry.access == .readable || entry.access == .writable)
    }.map(\.path)
  }

  /// What `/proc` has of the kernel's own settings. Root may write to them without any capability, and bwrap takes them for
  /// read-only.
  static let settings = ["acpi", "bus", "dynamic_debug", "fs", "irq", "mtrr", "scsi", "sys", "sysrq-trigger"]
    .map { "/proc/\($0)" }

  /// All options up to `--`, which is the last word.
  static func words(for sandbox: ResolvedSandbox, _ setting: Setting) -> [String] {
    var words = ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if !sandbox.net { words.append("--unshare-net") }
    if setting.asksForUserNamespace { words.append("--unshare-user") }
    words += ["--die-with-parent", "--cap-drop", "ALL"]
    if !setting.keepsSession { words.append("--new-session") }
    var sealed: [String] = []
    for (path, entry) in sandbox.view.ordered {
      words += mount(path, entry, setting)
      // A folder made for the sandbox, in which a job could otherwise put things.
      if entry.access == .hidden, entry.isFolder { sealed.append(path.text) }
    }
    let folder = sandbox.workingDirectory
    switch sandbox.view.access(to: folder) {
    case .hidden, .temporary: words += ["--dir", folder.text]
    default: break
    }
    // Last, when all mount points in them are made.
    for path in sealed.reversed() { words += ["--remount-ro", path] }
    words += ["--chdir", folder.text]
    for (name, value) in setting.variables { words += ["--setenv", name, value] }
    words += ["--json-status-fd", "\(setting.status)", "--seccomp", "\(setting.filter)"]
    return words + ["--"]
  }

  private static func mount(_ path: AbsolutePath, _ entry: SandboxView.Entry, _ setting: Setting) -> [String] {
    switch entry.access {
    case .readable: bind("--ro-bind", path, setting)
    case .writable: bind("--bind", path, setting)
    // What bwrap makes the root of is an empty folder already.
    case .hidden where path == .root: []
    case .hidden: entry.isFolder ? ["--tmpfs", path.text] : ["--ro-bind", "/dev/null", path.text]
    case .temporary: ["--perms", "1777", "--tmpfs", path.text]
    case .processes: ["--proc", path.text] + settings.flatMap { ["--ro-bind-try", $0, $0] }
    case .devices: ["--dev", path.text]
    case .link(let target): ["--symlink", target, path.text]
    }
  }

  private static func bind(_ option: String, _ path: AbsolutePath, _ setting: Setting) -> [String] {
    if let descriptor = setting.pinned[path] { return [option + "-fd", "\(descriptor)", path.text] }
    return [option, path.text, path.text]
  }
}
