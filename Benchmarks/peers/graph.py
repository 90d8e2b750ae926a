"""One random graph of tasks, written for every program that can run it."""
import json, os, random


class Graph:
    """`count` tasks in layers of a hundred, each with up to three dependencies in the three layers before its own. The same
    seed makes the same graph."""

    def __init__(self, count, sleeping, seed=4, span=(5, 50)):
        chance = random.Random(seed)
        width = max(1, min(100, count // 10))
        self.dependencies, self.durations = [], []
        for number in range(count):
            first = number // width * width
            earlier = range(max(0, first - 3 * width), first)
            self.dependencies.append(sorted(chance.sample(earlier, min(len(earlier), chance.randint(0, 3)))))
            self.durations.append(chance.randint(*span) / 1000 if sleeping else 0)

    def words(self, number):
        """The command of a task: a program and its arguments."""
        duration = self.durations[number]
        return ["/bin/sleep", f"{duration:.3f}"] if duration else ["/bin/true"]

    def longest_path(self):
        ends = []
        for number, needs in enumerate(self.dependencies):
            ends.append(max((ends[other] for other in needs), default=0) + self.durations[number])
        return max(ends)

    def bound(self, slots):
        """No order of the tasks can take less than this many seconds: the longest path, or all work over all slots."""
        return max(self.longest_path(), sum(self.durations) / slots)

    def list_bound(self, slots):
        """No order that leaves no slot idle while a task is ready takes more than this many seconds."""
        return sum(self.durations) / slots + self.longest_path() * (1 - 1 / slots)

    def write(self, folder):
        numbers = range(len(self.durations))
        names = [f"t{number}" for number in numbers]
        commands = [" ".join(self.words(number)) for number in numbers]
        needs = [[names[other] for other in others] for others in self.dependencies]
        self.put(folder, "graph.json", [json.dumps([
            {"id": names[n], "command": self.words(n), "dependencies": needs[n]} for n in numbers])])
        self.put(folder, "Makefile", [f".PHONY: all {' '.join(names)}", f"all: {' '.join(names)}"] + [
            f"{names[n]}: {' '.join(needs[n])}\n\t@{commands[n]}" for n in numbers])
        self.put(folder, "build.ninja", ["rule run", "  command = $words"] + [
            f"build {names[n]}: run {' '.join(needs[n])}\n  words = {commands[n]}" for n in numbers] + [
            f"build all: phony {' '.join(names)}", "default all"])
        self.put(folder, "justfile", [f"[parallel]\nall: {' '.join(names)}"] + [
            f"[parallel]\n@{names[n]}: {' '.join(needs[n])}\n  {commands[n]}" for n in numbers])
        self.put(folder, "Taskfile.yml", ["version: '3'", "silent: true", "run: once", "tasks:",
                                          f"  all:\n    deps: [{', '.join(names)}]"] + [
            f"  {names[n]}:\n    deps: [{', '.join(needs[n])}]\n    cmds: ['{commands[n]}']" for n in numbers])

    @staticmethod
    def put(folder, name, lines):
        with open(os.path.join(folder, name), "w") as file:
            file.write("\n".join(lines) + "\n")
