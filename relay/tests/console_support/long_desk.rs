//! A long-used desk and a long audit log, in their tables and nowhere else.

#![allow(dead_code, missing_docs)]

use std::path::Path;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

/// Words that texts are made of.
const WORDS: &str = "nota fiscal imposto caixa impressora rede senha acesso sistema tela erro boleto cliente pedido estoque entrega prazo \
    contrato licenca backup servidor planilha relatorio usuario cadastro atualizacao instalacao certificado digital emissao cancelamento \
    retorno banco conta pagamento recibo fatura cupom leitor balanca etiqueta codigo barras filial matriz gerente vendedor comissao meta \
    desconto tabela preco produto servico horario reuniao treinamento duvida chamado urgente lento travou reiniciar cabo monitor teclado";
/// In one text of all.
pub const RARE: &str = "jabuticabeira";

/// Contacts, tickets with five actions each, all but one in twenty closed; and lines of the audit log, which the next start of the relay chains.
pub async fn fill(database: &Path, tickets: usize, audit: usize) -> anyhow::Result<()> {
    let mut records = SqliteConnectOptions::new().filename(database).foreign_keys(false).connect().await?;
    run(&mut records, "BEGIN").await?;
    run(&mut records, "CREATE TEMP TABLE vocabulary (i INTEGER PRIMARY KEY, word TEXT)").await?;
    for (i, word) in WORDS.split_whitespace().enumerate() {
        run(&mut records, &format!("INSERT INTO vocabulary VALUES ({i}, '{word}')")).await?;
    }
    let count = WORDS.split_whitespace().count();
    let word = |k: usize| {
        format!(
            "(SELECT word FROM vocabulary WHERE i = abs(n * {} + {} + n / {}) % {count})",
            7 + 13 * k,
            k * 31,
            k + 3
        )
    };
    let text = |words: usize| (0..words).map(word).collect::<Vec<_>>().join(" || ' ' || ");
    let numbers =
        |n: usize| format!("WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {n})");
    let tenant = "(SELECT id FROM tenants ORDER BY created_at LIMIT 1)";
    let day = 86_400_000;
    if tickets > 0 {
        run(
            &mut records,
            &format!(
                "{} INSERT INTO desk_customers
                    (tenant, name, email, company, phone, document, email_key, document_key, phone_key, name_key, search, created_at)
                 SELECT {tenant}, name, email, company, phone, '', email, '', phone, lower(name) || x'1f' || lower(company),
                     lower(name) || x'1f' || lower(company) || x'1f' || email || x'1f' || phone || x'1f', 0
                 FROM (SELECT n, 'Contato ' || n || ' ' || {} AS name, 'c' || n || '@empresa' || (n % 500) || '.example' AS email,
                         'Empresa ' || (n % 500) AS company, '119' || (10000000 + n) AS phone FROM numbers)",
                numbers(tickets),
                word(1)
            ),
        )
        .await?;
        run(
            &mut records,
            &format!(
                "{} INSERT INTO desk_tickets (tenant, number, subject, requester, owner, status, opened_at, updated_at, search)
                 SELECT {tenant}, 100000 + n, subject, (SELECT max(id) FROM desk_customers) - n + 1, NULL,
                     CASE WHEN n % 20 = 0 THEN 'open' ELSE 'closed' END, n * 3600000, n * 3600000,
                     (100000 + n) || x'1f' || lower(subject)
                 FROM (SELECT n, {} AS subject FROM numbers)",
                numbers(tickets),
                text(5)
            ),
        )
        .await?;
        run(
            &mut records,
            &format!(
                "{} INSERT INTO desk_actions (tenant, ticket, author, author_name, text, public, kind, at, search)
                 SELECT {tenant}, 100000 + 1 + n % {tickets}, NULL, 'Ana', text, 0, 'note', n * 600000, text
                 FROM (SELECT n, {} || CASE WHEN n = 7 THEN ' {RARE}' ELSE '' END AS text FROM numbers)",
                numbers(tickets * 5),
                text(24)
            ),
        )
        .await?;
        run(
            &mut records,
            &format!(
                "{} INSERT INTO desk_tags (tenant, ticket, tag, tag_key) SELECT {tenant}, 100000 + n, word, word
                 FROM (SELECT n, {} AS word FROM numbers)",
                numbers(tickets),
                word(2)
            ),
        )
        .await?;
        run(&mut records, &format!("UPDATE tenants SET next_ticket = {} WHERE id = {tenant}", 100_001 + tickets))
            .await?;
    }
    if audit > 0 {
        run(
            &mut records,
            "CREATE TABLE audit_unchained (id INTEGER PRIMARY KEY, tenant BLOB, operator BLOB, who TEXT, what TEXT, subject TEXT,
                                           source TEXT, at INTEGER)",
        )
        .await?;
        run(
            &mut records,
            &format!(
                "{} INSERT INTO audit_unchained (tenant, who, what, subject, source, at)
                 SELECT {tenant}, 'Ana', 'ticket.changed', 100000 + n, '192.0.2.7', n * {} FROM numbers",
                numbers(audit),
                day / 200
            ),
        )
        .await?;
    }
    run(&mut records, "COMMIT").await?;
    records.close().await?;
    Ok(())
}

async fn run(records: &mut SqliteConnection, sql: &str) -> anyhow::Result<()> {
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(records).await?;
    Ok(())
}
