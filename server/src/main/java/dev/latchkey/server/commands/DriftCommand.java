package dev.latchkey.server.commands;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.drift.HealthPage;
import dev.latchkey.server.drift.Report;
import dev.latchkey.server.drift.Result;
import dev.latchkey.server.drift.Watch;
import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.egress.Authorities;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressObserver;
import dev.latchkey.server.egress.ForwardProxy;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code latchkey providers drift}: for a nightly job, without a server, a database or any credential. */
@Command(
        name = "drift",
        description = "Check from outside whether vendors still are as their definitions say. No credential is sent.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:all endpoints are alive", "1:there is something to look at", "2:invalid usage"})
final class DriftCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Option(names = "--only", paramLabel = "ID", split = ",", description = "Only these providers.")
    private List<String> only = List.of();

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description =
                    "Write the report there. If the last one is there, it shows which redirects and certificates changed.")
    private @Nullable Path json;

    @Option(
            names = "--write",
            paramLabel = "PAGE",
            description = "Write a page there, such as docs/providers/health.md.")
    private @Nullable Path page;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "30",
            description = "Stop after so many minutes, and report what was not checked. Default: ${DEFAULT-VALUE}.")
    private int minutes;

    /** The usage or the settings are wrong: the message says what to write instead. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    @Override
    public Integer call() {
        CommandLine line = Objects.requireNonNull(spec).commandLine();
        try {
            Configuration configuration = Configuration.fromEnvironment(LatchkeyCommand.variables(spec));
            Catalogue catalogue = configuration
                    .added()
                    .providers()
                    .map(Catalogue::loadReadable)
                    .orElseGet(Catalogue::load);
            writable(json);
            writable(page);
            Report before = before();
            if (minutes < 0 || minutes > 24 * 60) {
                throw new Refused("--minutes must be a number from 0 to 1440.");
            }
            Report report = check(chosen(catalogue), catalogue, configuration, before);
            write(json, Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(report.json()) + "\n");
            write(page, HealthPage.of(report));
            print(report);
            return report.looks().isEmpty() ? 0 : 1;
        } catch (Refused | ConfigurationException e) {
            line.getErr().println("latchkey: " + e.getMessage());
            return 2;
        }
    }

    private Report before() throws Refused {
        if (json == null || !Files.exists(json)) {
            return Report.NONE;
        }
        try {
            return Report.read(Files.readString(json));
        } catch (IOException | IllegalArgumentException e) {
            throw new Refused(json + " is no report of this command: remove it, or name another file.");
        }
    }

    private Collection<Provider> chosen(Catalogue catalogue) throws Refused {
        List<Provider> chosen = new ArrayList<>();
        for (String id : only) {
            chosen.add(catalogue
                    .find(id)
                    .orElseThrow(() ->
                            new Refused("There is no provider '" + id + "'; latchkey providers list shows all.")));
        }
        return only.isEmpty() ? catalogue.all() : chosen;
    }

    private Report check(
            Collection<Provider> providers, Catalogue catalogue, Configuration configuration, Report before) {
        AddressGuard guard = new AddressGuard(
                configuration.egress().allowed(),
                catalogue::namesPort,
                InetAddress::getAllByName,
                ForwardProxy.of(configuration.egress(), configuration.publicUrl()));
        Authorities authorities =
                configuration.egress().authorities().map(Authorities::with).orElseGet(Authorities::ofTheJdk);
        try (Egress egress = new Egress(guard, authorities, EgressObserver.NONE);
                Watch watch = new Watch(egress, UnaryOperator.identity(), InstantSource.system())) {
            return watch.check(providers, before, Duration.ofMinutes(minutes));
        }
    }

    /** Before half an hour has been spent. */
    private static void writable(@Nullable Path file) throws Refused {
        Path folder = file == null ? null : file.toAbsolutePath().getParent();
        if (file != null && (Files.isDirectory(file) || folder == null || !Files.isDirectory(folder))) {
            throw new Refused(file + " cannot be written: name a file in a folder that exists.");
        }
    }

    private static void write(@Nullable Path file, String text) throws Refused {
        if (file == null) {
            return;
        }
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new Refused(file + " cannot be written.");
        }
    }

    private void print(Report report) {
        CommandLine line = Objects.requireNonNull(spec).commandLine();
        List<List<String>> lines = new ArrayList<>();
        lines.add(List.of("PROVIDER", "ENDPOINT", "ADDRESS", "FINDING"));
        for (Result result : report.looks()) {
            lines.add(List.of(result.provider(), result.what(), result.address(), HealthPage.words(result)));
        }
        line.getOut().println("Checked at " + report.at() + ".");
        Optional.of(lines).filter(all -> all.size() > 1).ifPresent(all -> Output.print(line.getOut(), all));
        line.getOut()
                .println(report.alive() + " endpoints are alive, "
                        + report.looks().size() + " to look at, " + report.skipped() + " skipped.");
    }
}
