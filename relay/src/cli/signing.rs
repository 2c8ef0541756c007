//! Who signs the programs for Windows that this server makes, as its options say it. Passwords are files' names here, never the passwords.

use std::path::PathBuf;

use branding::codesign::{Options, Signer};

#[derive(Debug, Clone, clap::Args)]
pub(super) struct Signing {
    /// Sign programs for Windows with this PKCS#12 file, through osslsigncode.
    #[arg(long, env = "AMPARO_SIGN_PKCS12", value_name = "FILE")]
    sign_pkcs12: Option<PathBuf>,
    /// … with a key on a token that this PKCS#11 library reaches, through osslsigncode.
    #[arg(long, env = "AMPARO_SIGN_PKCS11_MODULE", value_name = "FILE")]
    sign_pkcs11_module: Option<PathBuf>,
    /// The key on the token, as a pkcs11: URI without the PIN.
    #[arg(long, env = "AMPARO_SIGN_PKCS11_KEY", value_name = "URI")]
    sign_pkcs11_key: Option<String>,
    /// The certificate of the token's key, PEM.
    #[arg(long, env = "AMPARO_SIGN_CERTIFICATE", value_name = "FILE")]
    sign_certificate: Option<PathBuf>,
    /// The file that holds the password of the PKCS#12 file, or the PIN of the token.
    #[arg(long, env = "AMPARO_SIGN_PASSWORD_FILE", value_name = "FILE")]
    sign_password_file: Option<PathBuf>,
    /// An RFC 3161 service that states the time of each signature.
    #[arg(long, env = "AMPARO_SIGN_TIMESTAMP", value_name = "ADDRESS")]
    sign_timestamp: Option<String>,
    /// … with this command instead; `{in}` and `{out}` in it are the files. Words are split at blanks, no shell runs.
    #[arg(long, env = "AMPARO_SIGN_COMMAND", value_name = "COMMAND", hide_env_values = true)]
    sign_command: Option<String>,
}

impl Signing {
    /// Who signs; `None`: nobody. What is given and empty, as service files leave it, is not given.
    pub(super) fn signer(self) -> anyhow::Result<Option<Signer>> {
        let path = |path: Option<PathBuf>| path.filter(|path| !path.as_os_str().is_empty());
        let text = |text: Option<String>| text.filter(|text| !text.is_empty());
        Options {
            pkcs12: path(self.sign_pkcs12),
            pkcs11_module: path(self.sign_pkcs11_module),
            pkcs11_key: text(self.sign_pkcs11_key),
            certificate: path(self.sign_certificate),
            password: path(self.sign_password_file),
            timestamp: text(self.sign_timestamp),
            command: text(self.sign_command),
        }
        .signer()
    }
}
