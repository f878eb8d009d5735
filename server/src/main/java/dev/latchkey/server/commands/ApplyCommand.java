package dev.latchkey.server.commands;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code latchkey apply}: makes an environment what files say. Nothing is changed before all of it has been tried. */
@Command(
        name = "apply",
        description =
                "Make the key's environment what files say, and print what that changes. What they do not mention is left unchanged.",
        mixinStandardHelpOptions = true)
final class ApplyCommand implements Callable<Integer> {
    /** Of {@code --exit-code}. */
    private static final int DIFFERS = 3;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Mixin
    private Output output = new Output();

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            required = true,
            description = "YAML; several files are one.")
    private List<Path> files = List.of();

    @Option(names = "--dry-run", description = "Only print the changes.")
    private boolean dryRun;

    @Option(names = "--exit-code", description = "With --dry-run: exit with 3 if something would change.")
    private boolean exitCode;

    @Option(
            names = "--prune",
            description =
                    "Delete what is missing in the sections that the files have; integrations with connections are kept.")
    private boolean prune;

    @Option(
            names = "--delete-connections",
            description = "With --prune: delete integrations that have connections, too, with them.")
    private boolean deleteConnections;

    @Option(
            names = "--allow-new-hosts",
            description = "Allow sending the credentials of existing connections to new hosts; needed only then.")
    private boolean newHosts;

    @Override
    public Integer call() {
        AppliedFile file = AppliedFile.read(files, LatchkeyCommand.variables(spec));
        List<String> problems = new ArrayList<>(file.problems());
        problems.addAll(AppliedIntegrations.problems(file));
        if (!problems.isEmpty()) {
            problems.forEach(output.err()::println);
            return 2;
        }
        ServerApi api = server.open();
        AppliedEnvironment environment = new AppliedEnvironment(api);
        Optional<String> mismatch = environment.mismatch(file);
        if (mismatch.isPresent()) {
            output.err().println(mismatch.get());
            return 1;
        }
        Plan plan = new Plan();
        Set<String> untried = new AppliedDefinitions(api, newHosts).plan(file, prune, plan);
        new AppliedIntegrations(api).plan(file, untried, prune, deleteConnections, plan);
        environment.plan(file, prune, plan);
        new AppliedKeys(api, server.openForKeys()).plan(file, prune, plan);
        plan.print(output);
        if (dryRun) {
            return exitCode && !plan.isEmpty() ? DIFFERS : 0;
        }
        plan.run(output);
        return 0;
    }
}
