/** What a provider is: definitions as data, read strictly, with their templates parsed once. No I/O beyond definitions. */
@NullMarked
package dev.latchkey.catalogue;

import org.jspecify.annotations.NullMarked;
