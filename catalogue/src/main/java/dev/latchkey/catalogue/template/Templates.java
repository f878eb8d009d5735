package dev.latchkey.catalogue.template;

import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The templates of one definition: what they refer to, and where each occurs. */
public final class Templates {
    /** @param path the keys that lead there, from the outside in */
    public record Place(int line, List<String> path) {}

    private final Set<Template.Reference> references = new LinkedHashSet<>();
    private final Map<Template, Place> places = new IdentityHashMap<>();

    public void add(Template template, Place place) {
        references.addAll(template.references());
        places.put(template, place);
    }

    public Set<Template.Reference> references() {
        return references;
    }

    public Place place(Template template, Place otherwise) {
        return places.getOrDefault(template, otherwise);
    }
}
