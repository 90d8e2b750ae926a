/// What came of putting two commits together.
enum MergeOutcome: Sendable, Hashable {
  /// A commit that has the work of both: one of the two, where it holds the other already.
  case merged(String)
  /// Both changed these files in ways that do not go together.
  case conflict([[UInt8]])
}

/// What came of bringing a user's checkout to another commit.
enum MoveOutcome: Sendable, Hashable {
  case moved
  /// It is no longer at a commit from which that is possible.
  case overtaken
  /// Nothing was touched, for this reason.
  case refused(String)
}

extension Git {
  /// Puts two commits together without a checkout.
  func merge(
    _ other: String, into current: String, message: String, in folder: String
  ) async throws(GitFault) -> MergeOutcome {
    if try await isAncestor(other, of: current, in: folder) { return .merged(current) }
    if try await isAncestor(current, of: other, in: folder) { return .merged(other) }
    let words = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", current, other]
    let outcome = try await run(GitCommand(words, in: folder), accepts: [0, 1])
    let parts = GitTalk.paths(in: outcome.output)
    guard let tree = parts.first.map(GitTalk.text) else { throw GitFault("git merge-tree said nothing") }
    guard outcome.succeeded else { return .conflict(Array(parts.dropFirst())) }
    return .merged(try await commit(tree: tree, parents: [current, other], message: message, in: folder))
  }

  /// Makes a commit of a tree.
  func commit(
    tree: String, parents: [String], message: String, in folder: String
  ) async throws(GitFault) -> String {
    var command = GitCommand(["commit-tree", tree] + parents.flatMap { ["-p", $0] }, in: folder)
    command.input = Array((message + "\n").utf8)
    return try await run(command).line
  }

  /// Brings a checkout from the commit that it is at to one of its descendants.
  ///
  /// git writes no file that differs from its commit, none that it does not know, and none that it ignores; where one of
  /// these is in the way nothing is changed.
  func move(_ checkout: GitCheckout, to commit: String, expecting reference: String?) async throws(GitFault)
    -> MoveOutcome
  {
    guard let turn = await CheckoutTurn.take(checkout.top) else {
      return .refused("another run is merging into '\(Escaping.line(checkout.top))'")
    }
    defer { withExtendedLifetime(turn) {} }
    let now = try await self.checkout(at: checkout.top)
    guard now.reference == reference else {
      let before = reference.map { "'\(GitCheckout.shortName($0))'" } ?? "no branch"
      return .refused("\(now.title) is checked out now, and it was \(before)")
    }
    if let unfinished = now.unfinished { return .refused("\(unfinished) is under way in '\(Escaping.line(now.top))'") }
    let words = [
      "merge", "--ff-only", "--no-autostash", "--no-overwrite-ignore", "--no-squash", "--commit", "--no-stat",
      "--no-verify-signatures", "--quiet", commit,
    ]
    var command = GitCommand(words, in: now.top)
    // A checkout that stops halfway looks to its user like changes of their own.
    command.isSpared = true
    let outcome = try await run(command, accepts: [0, 1, 128])
    if outcome.succeeded { return .moved }
    if outcome.talk.contains("fast-forward") { return .overtaken }
    let files = GitTalk.filesInTheWay(outcome.talk)
    guard files.isEmpty else {
      return .refused("uncommitted changes are in the way: \(FileNames.list(files))")
    }
    return .refused(GitTalk.complaint(in: outcome.talk) ?? "git merge ended with the status \(outcome.code)")
  }
}

/// Names of files inside sentences.
enum FileNames {
  /// Some of them, and how many more there are.
  static func list(_ names: [String], limit: Int = 5) -> String {
    let shown = names.prefix(limit).map { Escaping.line($0) }.joined(separator: ", ")
    return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
  }

  /// A word as a shell takes it.
  static func quoted(_ word: String) -> String {
    let plain = word.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
          || "/._-+:@,".unicodeScalars.contains(scalar))
    }
    return plain && !word.isEmpty
      ? word : "'\(word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
  }
}
