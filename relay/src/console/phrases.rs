//! How a family of pages keeps its texts: one table, each text in pt-BR, en and es; one that lacks a language does not compile.

/// Makes the texts of a family: a struct `Words` with [`Words::of`] a language.
macro_rules! phrases {
    ($($name:ident: $pt:literal, $en:literal, $es:literal;)*) => {
        /// The texts of one language.
        pub(in crate::console) struct Words {
            $(pub(in crate::console) $name: &'static str,)*
        }

        impl Words {
            /// The texts in this language.
            pub(in crate::console) fn of(language: store::Language) -> &'static Self {
                static PT_BR: Words = Words { $($name: $pt,)* };
                static EN: Words = Words { $($name: $en,)* };
                static ES: Words = Words { $($name: $es,)* };
                match language {
                    store::Language::PtBr => &PT_BR,
                    store::Language::En => &EN,
                    store::Language::Es => &ES,
                }
            }
        }

        #[cfg(test)]
        mod words_tests {
            #[test]
            fn every_text_is_there_and_takes_the_same_values_in_each_language() {
                for (name, texts) in [$((stringify!($name), [$pt, $en, $es]),)*] {
                    let places = texts.map(|t: &str| t.matches("{}").count());
                    assert!(texts.iter().all(|t| !t.trim().is_empty() && !t.contains('!')), "{name}");
                    assert!(places.iter().all(|p| *p == places[0]), "{name}: {places:?}");
                }
            }
        }
    };
}

pub(super) use phrases;
