import WireText

/// A job's own git worktree and branch, and what became of its work there.
///
/// Kept beside the job's row, since the work is merged after the job has ended. What git knows better (the commits) is
/// only named here.
public struct JobWorktree: Codable, Sendable, Hashable {
  /// What is to become of the work of a job that ended well.
  public enum Merge: String, Codable, Sendable, CaseIterable {
    /// Into the user's checkout, once the group has ended.
    case auto
    /// Into a patch file beside the job's log.
    case patch
    /// Nothing: the worktree and its branch stay.
    case keep
  }

  /// A file that two sides changed in ways that do not go together.
  public struct Conflict: Codable, Sendable, Hashable {
    /// Its path, from the top of the repository.
    public var file: String
    /// The other task, or the branch that others work on.
    public var with: String

    /// A conflict as found.
    public init(file: String, with: String) {
      self.file = file
      self.with = with
    }
  }

  /// How far it is.
  public enum Stage: String, Codable, Sendable, CaseIterable {
    /// There is a folder that somebody has to look after.
    case open
    /// The work is on the branch, and waits for the end of its group.
    case collected
    /// Nothing more will happen to it.
    case settled
  }

  /// How many files are listed at most.
  public static let mostFiles = 1000

  /// The folder, whether or not it is still there.
  public var path: String
  /// The branch, without `refs/heads/`.
  public var branch: String
  /// The folder that all worktrees of the repository share.
  public var repository: String
  /// The repository's own folder for this worktree.
  public var administration: String
  /// The user's checkout that the job would have run in.
  public var checkout: String
  /// The branch that was checked out there; nil for a commit without one.
  public var target: String?
  /// The commit that the worktree began with.
  public var base: String
  /// The commit that holds the job's work; nil as long as there is none.
  public var tip: String?
  /// What is to become of the work.
  public var merge: Merge
  /// How far that is.
  public var stage = Stage.open
  /// Whether the folder is there.
  public var hasFolder = true
  /// Whether the branch is there.
  public var hasBranch = true
  /// Whether the work is in the user's checkout.
  public var merged = false
  /// The changed files, from the top of the repository; of very many the first.
  public var files: [String] = []
  /// How many they are.
  public var fileCount = 0
  /// What the user should know, or could do.
  public var note: String?
  /// The file that holds the work as a patch.
  public var patch: String?
  /// Why it could not be merged, if others' work stood against it.
  public var conflicts: [Conflict] = []
  /// The changed files that the task's `writes` do not name.
  public var undeclared: [String] = []

  /// A worktree that is about to be made.
  public init(
    path: String, branch: String, repository: String, administration: String, checkout: String, target: String?,
    base: String, merge: Merge
  ) {
    self.path = path
    self.branch = branch
    self.repository = repository
    self.administration = administration
    self.checkout = checkout
    self.target = target
    self.base = base
    self.merge = merge
  }

  enum CodingKeys: String, CodingKey {
    case path, branch, repository, administration, checkout, target, base, tip, merge, stage, merged, files, note
    case patch, conflicts, undeclared
    case fileCount = "file_count"
    case hasFolder = "has_folder"
    case hasBranch = "has_branch"
  }
}

extension JobWorktree {
  /// All of it as JSON, on one line.
  var json: String {
    var writer = JSONWriter(isPretty: false)
    writer.object { writer in
      writer.field("path", path)
      writer.field("branch", branch)
      writer.field("repository", repository)
      writer.field("administration", administration)
      writer.field("stage", stage.rawValue)
      writer.key("has_folder")
      writer.bool(hasFolder)
      writer.key("has_branch")
      writer.bool(hasBranch)
      writeCommon(to: &writer)
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// What people are shown of it: only what is there.
  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.field("path", hasFolder ? path : nil)
      writer.field("branch", hasBranch ? branch : nil)
      writeCommon(to: &writer)
    }
  }

  private func writeCommon(to writer: inout JSONWriter) {
    writer.field("checkout", checkout)
    writer.field("target", target)
    writer.field("base", base)
    writer.field("tip", tip)
    writer.field("merge", merge.rawValue)
    writer.key("merged")
    writer.bool(merged)
    writer.field("files", files)
    writer.field("file_count", fileCount)
    writer.field("note", note)
    writer.field("patch", patch)
    writer.key("conflicts")
    writer.array { writer in
      for conflict in conflicts {
        writer.object { writer in
          writer.field("file", conflict.file)
          writer.field("with", conflict.with)
        }
      }
    }
    writer.field("undeclared", undeclared)
  }
}
