-- Exitus, as far as Sereno's jobs look at it. SQLAlchemy: keys are made by the application, no database defaults; some
-- tables have times with a zone and some without; row-level security is not active.

CREATE TYPE userrole AS ENUM ('admin', 'user', 'readonly');
CREATE TYPE tipocorretora AS ENUM ('corretora', 'exchange');
CREATE TYPE tipoativo AS ENUM ('acao', 'fii', 'cdb', 'lci_lca', 'tesouro_direto', 'debenture', 'stock', 'reit', 'bond', 'etf', 'stock_intl',
                               'etf_intl', 'unit', 'cripto', 'outro');
CREATE TYPE classeativo AS ENUM ('renda_variavel', 'renda_fixa', 'cripto', 'hibrido');
CREATE TYPE tipotransacao AS ENUM ('compra', 'venda', 'dividendo', 'jcp', 'transferencia');
CREATE TYPE tipoprovento AS ENUM ('dividendo', 'jcp', 'rendimento');
CREATE TYPE tipomovimentacao AS ENUM ('deposito', 'saque', 'taxa');
CREATE TYPE operadorcondicao AS ENUM ('>', '<', '==');

CREATE TABLE assessora (
    id             uuid PRIMARY KEY,
    nome           varchar(200) NOT NULL,
    email          varchar(120) NOT NULL,
    cnpj           varchar(18),
    plano          varchar(50) NOT NULL,
    ativo          boolean NOT NULL,
    max_usuarios   integer,
    max_portfolios integer,
    data_cadastro  timestamp(6) NOT NULL,
    created_at     timestamp(6) NOT NULL,
    updated_at     timestamp(6) NOT NULL
);
CREATE TABLE usuario (
    id            uuid PRIMARY KEY,
    username      varchar(50) NOT NULL UNIQUE,
    email         varchar(120) NOT NULL UNIQUE,
    password_hash varchar(255) NOT NULL,
    nome_completo varchar(200),
    assessora_id  uuid REFERENCES assessora,
    ativo         boolean NOT NULL,
    role          userrole NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL
);
CREATE TABLE log_auditoria (
    id           uuid PRIMARY KEY,
    usuario_id   uuid REFERENCES usuario ON DELETE SET NULL,
    assessora_id uuid REFERENCES assessora,
    acao         varchar(50) NOT NULL,
    entidade     varchar(100),
    entidade_id  uuid,
    dados_antes  json,
    dados_depois json,
    ip_address   varchar(45),
    user_agent   varchar(500),
    timestamp    timestamptz NOT NULL,
    sucesso      boolean NOT NULL,
    mensagem     text
);
CREATE INDEX ix_log_auditoria_timestamp ON log_auditoria (timestamp);
CREATE TABLE alertas (
    id                            uuid PRIMARY KEY,
    usuario_id                    uuid NOT NULL REFERENCES usuario ON DELETE CASCADE,
    nome                          varchar(120) NOT NULL,
    tipo_alerta                   varchar(50) NOT NULL,
    ticker                        varchar(20),
    condicao_operador             varchar(10) NOT NULL,
    condicao_valor                numeric(18, 4) NOT NULL,
    ativo                         boolean NOT NULL,
    total_acionamentos            integer,
    timestamp_ultimo_acionamento  timestamp(6),
    created_at                    timestamp(6)
);
CREATE TABLE configuracoes_alertas (
    id         uuid PRIMARY KEY,
    usuario_id uuid NOT NULL REFERENCES usuario ON DELETE CASCADE,
    nome       varchar(120) NOT NULL,
    operador   operadorcondicao NOT NULL,
    ativo      boolean NOT NULL
);
CREATE TABLE corretora (
    id           uuid PRIMARY KEY,
    usuario_id   uuid NOT NULL REFERENCES usuario,
    nome         varchar(100) NOT NULL,
    tipo         tipocorretora NOT NULL,
    pais         varchar(2) NOT NULL,
    moeda_padrao varchar(3) NOT NULL,
    saldo_atual  numeric(18, 2) NOT NULL,
    ativa        boolean NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
);
CREATE TABLE ativo (
    id                  uuid PRIMARY KEY,
    ticker              varchar(20) NOT NULL,
    nome                varchar(200) NOT NULL,
    tipo                tipoativo NOT NULL,
    classe              classeativo NOT NULL,
    mercado             varchar(10) NOT NULL,
    moeda               varchar(3) NOT NULL,
    preco_atual         numeric(18, 6),
    data_ultima_cotacao timestamp(6),
    ativo               boolean NOT NULL,
    deslistado          boolean NOT NULL,
    created_at          timestamp(6) NOT NULL,
    updated_at          timestamp(6) NOT NULL,
    UNIQUE (ticker, mercado)
);
CREATE TABLE transacao (
    id             uuid PRIMARY KEY,
    usuario_id     uuid NOT NULL REFERENCES usuario,
    ativo_id       uuid NOT NULL REFERENCES ativo,
    corretora_id   uuid NOT NULL REFERENCES corretora,
    assessora_id   uuid REFERENCES assessora,
    tipo           tipotransacao NOT NULL,
    data_transacao timestamptz NOT NULL,
    quantidade     numeric(18, 8) NOT NULL,
    preco_unitario numeric(18, 6) NOT NULL,
    valor_total    numeric(18, 2) NOT NULL
);
CREATE TABLE portfolio (
    id           uuid PRIMARY KEY,
    usuario_id   uuid NOT NULL REFERENCES usuario,
    assessora_id uuid REFERENCES assessora,
    nome         varchar(100) NOT NULL,
    ativo        boolean NOT NULL,
    created_at   timestamptz NOT NULL
);
CREATE TABLE posicao (
    id           uuid PRIMARY KEY,
    usuario_id   uuid NOT NULL REFERENCES usuario,
    corretora_id uuid NOT NULL REFERENCES corretora,
    ativo_id     uuid NOT NULL REFERENCES ativo,
    quantidade   numeric(18, 8) NOT NULL,
    preco_medio  numeric(18, 6) NOT NULL,
    UNIQUE (usuario_id, corretora_id, ativo_id)
);
CREATE TABLE provento (
    id             uuid PRIMARY KEY,
    ativo_id       uuid NOT NULL REFERENCES ativo,
    tipo_provento  tipoprovento NOT NULL,
    valor_por_acao numeric(18, 6) NOT NULL,
    data_pagamento date
);
CREATE TABLE movimentacao_caixa (
    id                uuid PRIMARY KEY,
    usuario_id        uuid NOT NULL REFERENCES usuario,
    corretora_id      uuid NOT NULL REFERENCES corretora,
    tipo_movimentacao tipomovimentacao NOT NULL,
    valor             numeric(18, 2) NOT NULL,
    data_movimentacao date NOT NULL
);
CREATE TABLE historico_patrimonio (
    id               uuid PRIMARY KEY,
    usuario_id       uuid NOT NULL REFERENCES usuario,
    data             date NOT NULL,
    patrimonio_total numeric(18, 2) NOT NULL,
    UNIQUE (usuario_id, data)
);
CREATE TABLE alembic_version (
    version_num varchar(32) PRIMARY KEY
);
