package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.catalogue.template.Text;
import java.util.ArrayList;
import java.util.List;

/** Every address that a definition may have called or opened. */
public final class Addresses {
    private Addresses() {}

    public static List<Text> of(Provider provider) {
        List<Text> found = new ArrayList<>(provider.auth().facts().addresses());
        provider.api().base().ifPresent(found::add);
        if (provider.verification() instanceof Verification.Probe probe) {
            probe.calls().forEach(call -> found.add(call.url()));
        }
        provider.afterConnect().forEach(step -> step.call().map(Call::url).ifPresent(found::add));
        provider.onDelete().map(Call::url).ifPresent(found::add);
        return found;
    }
}
