//! Texts of one page or one family of pages, in each language: what is not said anywhere else stands beside the page that says it.
//!
//! [`super::strings`] has what many pages share. A text that lacks a language does not compile here either.

/// Makes a struct of texts, `of(language)` for it, and the test that every text is there in each language.
macro_rules! words {
    ($name:ident { $($text:ident: $pt:literal, $en:literal, $es:literal;)* }) => {
        /// The texts of one language.
        pub(in crate::console) struct $name {
            $(pub(in crate::console) $text: &'static str,)*
        }

        impl $name {
            const PT_BR: Self = Self { $($text: $pt,)* };
            const EN: Self = Self { $($text: $en,)* };
            const ES: Self = Self { $($text: $es,)* };

            /// The texts of a language.
            pub(in crate::console) fn of(language: store::Language) -> &'static Self {
                match language {
                    store::Language::PtBr => &Self::PT_BR,
                    store::Language::En => &Self::EN,
                    store::Language::Es => &Self::ES,
                }
            }
        }

        #[cfg(test)]
        mod tests {
            #[test]
            fn every_text_is_there_and_takes_the_same_values_in_each_language() {
                for (name, texts) in [$((stringify!($text), [$pt, $en, $es]),)*] {
                    let places: Vec<usize> = texts.iter().map(|text| text.matches("{}").count()).collect();
                    assert!(texts.iter().all(|text| !text.trim().is_empty()), "{name}");
                    assert!(places.iter().all(|place| *place == places[0]), "{name}: {places:?}");
                    assert!(texts.iter().all(|text| !text.contains('!')), "{name} shouts");
                }
            }
        }
    };
}

pub(super) use words;
