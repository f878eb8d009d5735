/** Reads definitions strictly, with line numbers in errors. Begin with {@link dev.latchkey.catalogue.reader.ProviderReader}. */
@NullMarked
package dev.latchkey.catalogue.reader;

import org.jspecify.annotations.NullMarked;
