package dev.latchkey.catalogue.reader;

import java.util.ArrayList;
import java.util.List;

/** A definition in which one key of a block lacks its last letter. */
record Slip(String definition, String key, String misspelt) {
    /** Of every key that is long enough to be recognized, in every block where it is known without another key that opens it. */
    static List<Slip> everywhere() {
        List<Slip> slips = new ArrayList<>();
        for (SchemaPlaces.Place place : SchemaPlaces.all()) {
            for (String key : place.mapping().path("properties").propertyNames()) {
                String misspelt = key.substring(0, key.length() - 1);
                Slip right = Slip.of(place, key, key);
                if (key.length() > 3
                        && !place.mapping().path("properties").has(misspelt)
                        && right.said().stream().noneMatch(said -> said.contains("is not known here"))) {
                    slips.add(Slip.of(place, key, misspelt));
                }
            }
        }
        return slips;
    }

    private static Slip of(SchemaPlaces.Place place, String key, String written) {
        return new Slip(place.definition().toString().replace(SchemaPlaces.UNKNOWN, written), key, written);
    }

    List<String> said() {
        return DefinitionSchemaTest.read("acme.yaml", definition, Observer.NONE);
    }
}
