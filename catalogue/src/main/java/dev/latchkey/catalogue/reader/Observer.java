package dev.latchkey.catalogue.reader;

import java.util.List;

/** Sees which keys the reader looks for, so that the schema for editors is made of the reader itself ({@link DefinitionSchema}). */
interface Observer {
    Observer NONE = new Observer() {
        @Override
        public void key(List<String> path, String key, Shape shape) {}

        @Override
        public void presence(List<String> path, String key) {}

        @Override
        public void anyKey(List<String> path) {}
    };

    /** The mapping at the path may have this key, with a value of this shape. */
    void key(List<String> path, String key, Shape shape);

    /** What is read next depends on whether the key is present, and on the form of its value. */
    void presence(List<String> path, String key);

    /** The mapping's keys are the definition's own. */
    void anyKey(List<String> path);
}
