internal import CProcess

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Makes the kernel's rules of what was worked out.
enum LandlockRuleset {
  /// A descriptor of the rules, closed on exec, which the caller closes. What is not there any more gets no rule.
  ///
  /// `temporary` is the job's folder for temporary files, `output` the file that it writes its output to.
  static func make(_ rules: LandlockRules, temporary: AbsolutePath, output: Int32?) throws(SandboxFailure) -> Int32 {
    #if os(Linux)
      let ruleset = cprocess_landlock_create()
      guard ruleset >= 0 else { throw failure("made") }
      var isComplete = true
      for rule in rules.rules {
        switch rule {
        case .tree(let path, let right): isComplete = allow(path, rights(right), ruleset) && isComplete
        case .entries(let folder, let names, let right):
          isComplete = allowEntries(of: folder, except: names, rights(right), ruleset) && isComplete
        }
      }
      for device in LandlockRules.devices {
        isComplete = allow(AbsolutePath(device), CPROCESS_LANDLOCK_DEVICE, ruleset) && isComplete
      }
      let all = CPROCESS_LANDLOCK_READ | CPROCESS_LANDLOCK_WRITE
      isComplete = allow(temporary, all, ruleset) && isComplete
      if let output { isComplete = cprocess_landlock_allow(ruleset, output, all) == 0 && isComplete }
      if isComplete { return ruleset }
      let failure = failure("completed")
      close(ruleset)
      throw failure
    #else
      throw SandboxFailure(.unavailable, "Landlock is a part of Linux")
    #endif
  }

  private static func failure(_ what: String) -> SandboxFailure {
    let number = errno
    return SandboxFailure(.system(number), "the rules of Landlock could not be \(what): \(SystemMessage.text(number))")
  }

  #if os(Linux)
    private static func rights(_ right: LandlockRules.Right) -> UInt32 {
      switch right {
      case .read: CPROCESS_LANDLOCK_READ
      case .write: CPROCESS_LANDLOCK_READ | CPROCESS_LANDLOCK_WRITE
      }
    }

    /// Allows something for a path. False if the kernel refuses the rule, or somebody put a link into the path.
    private static func allow(_ path: AbsolutePath, _ rights: UInt32, _ ruleset: Int32) -> Bool {
      let descriptor = SandboxFile.pin(path)
      return descriptor < 0 ? isGone : allow(opened: descriptor, rights, ruleset)
    }

    /// Whether a path is not there, or not to be reached by the job either.
    private static var isGone: Bool { errno == ENOENT || errno == ENOTDIR || errno == EACCES }

    /// The same for a descriptor, which is closed. A symbolic link gets nothing: it leads elsewhere.
    private static func allow(opened descriptor: Int32, _ rights: UInt32, _ ruleset: Int32) -> Bool {
      defer { close(descriptor) }
      var info = stat()
      guard fstat(descriptor, &info) == 0, SandboxFile.kind(info) != .link else { return true }
      return cprocess_landlock_allow(ruleset, descriptor, rights) == 0
    }

    private static func allowEntries(
      of folder: AbsolutePath, except names: Set<String>, _ rights: UInt32, _ ruleset: Int32
    ) -> Bool {
      let pinned = SandboxFile.pin(folder)
      guard pinned >= 0 else { return isGone }
      let descriptor = openat(pinned, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      let number = errno
      close(pinned)
      errno = number
      guard descriptor >= 0 else { return isGone }
      guard let stream = fdopendir(descriptor) else {
        close(descriptor)
        return false
      }
      defer { closedir(stream) }
      let left = Set(names.map { Array($0.utf8) } + [Array(".".utf8), Array("..".utf8)])
      while let entry = readdir(stream) {
        let isAllowed = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { name in
            let bytes = Array(UnsafeBufferPointer(start: name, count: strlen(name))).map(UInt8.init(bitPattern:))
            if left.contains(bytes) { return true }
            let entry = cprocess_open_path(dirfd(stream), name)
            return entry < 0 ? isGone : allow(opened: entry, rights, ruleset)
          }
        }
        if !isAllowed { return false }
      }
      return true
    }
  #endif
}
