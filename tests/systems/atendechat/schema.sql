-- AtendeChat, as far as Sereno's jobs look at it. Prisma: quoted names, text keys made by the application, times without a
-- zone that are UTC by convention, no database default for "id" and "updatedAt".

CREATE TYPE "Role" AS ENUM ('OWNER', 'ADMIN', 'AGENT', 'VIEWER');
CREATE TYPE "PlanTier" AS ENUM ('FREE', 'PRO', 'BUSINESS', 'CUSTOM');
CREATE TYPE "ConsentKind" AS ENUM ('TERMS', 'PRIVACY', 'COOKIES');
CREATE TYPE "DsrKind" AS ENUM ('ACCESS', 'EXPORT', 'DELETE', 'RECTIFICATION');
CREATE TYPE "DsrStatus" AS ENUM ('REQUESTED', 'IN_PROGRESS', 'COMPLETED', 'REJECTED');
CREATE TYPE "AuditAction" AS ENUM (
    'LOGIN', 'LOGIN_FAILED', 'LOGOUT', 'PASSWORD_RESET_REQUESTED', 'PASSWORD_CHANGED', 'USER_CREATED', 'USER_UPDATED', 'USER_DELETED', 'USER_INVITED',
    'INVITE_ACCEPTED', 'ROLE_CHANGED', 'COMPANY_UPDATED', 'PLAN_CHANGED', 'SUBSCRIPTION_CANCELED', 'APP_TOKEN_CREATED', 'APP_TOKEN_REVOKED',
    'WEBHOOK_CREATED', 'WEBHOOK_DELETED', 'CONSENT_GIVEN', 'CONSENT_WITHDRAWN', 'DSR_REQUESTED', 'DSR_COMPLETED', 'DATA_EXPORTED');

CREATE TABLE "Company" (
    id          text PRIMARY KEY,
    name        text NOT NULL,
    "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" timestamp(3) NOT NULL
);
CREATE TABLE "User" (
    id             text PRIMARY KEY,
    "companyId"    text NOT NULL REFERENCES "Company" ON DELETE RESTRICT ON UPDATE CASCADE,
    email          text NOT NULL,
    name           text NOT NULL,
    "passwordHash" text NOT NULL,
    role           "Role" NOT NULL DEFAULT 'AGENT',
    "isActive"     boolean NOT NULL DEFAULT true,
    "createdAt"    timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"    timestamp(3) NOT NULL
);
CREATE UNIQUE INDEX "User_email_key" ON "User" (email);
CREATE TABLE "Plan" (
    id              text PRIMARY KEY,
    tier            "PlanTier" NOT NULL,
    name            text NOT NULL,
    "retentionDays" integer NOT NULL,
    "maxAgents"     integer NOT NULL,
    "maxMessages"   integer NOT NULL
);
CREATE TABLE "Subscription" (
    id                   text PRIMARY KEY,
    "companyId"          text NOT NULL REFERENCES "Company" ON DELETE RESTRICT ON UPDATE CASCADE,
    "planId"             text NOT NULL REFERENCES "Plan" ON DELETE RESTRICT ON UPDATE CASCADE,
    provider             text NOT NULL,
    status               text NOT NULL,
    "currentPeriodStart" timestamp(3) NOT NULL,
    "currentPeriodEnd"   timestamp(3) NOT NULL,
    "canceledAt"         timestamp(3),
    "createdAt"          timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"          timestamp(3) NOT NULL
);
CREATE UNIQUE INDEX "Subscription_companyId_key" ON "Subscription" ("companyId");
CREATE TABLE "SubscriptionEntitlement" (
    id              text PRIMARY KEY,
    "companyId"     text NOT NULL REFERENCES "Company" ON DELETE RESTRICT ON UPDATE CASCADE,
    "retentionDays" integer,
    "maxAgents"     integer
);
CREATE TABLE "AuditLog" (
    id           text PRIMARY KEY,
    "companyId"  text NOT NULL REFERENCES "Company" ON DELETE RESTRICT ON UPDATE CASCADE,
    "actorId"    text REFERENCES "User" ON DELETE SET NULL ON UPDATE CASCADE,
    action       "AuditAction" NOT NULL,
    "targetType" text NOT NULL,
    "targetId"   text,
    success      boolean NOT NULL DEFAULT true,
    ip           text,
    meta         jsonb,
    "createdAt"  timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX "AuditLog_companyId_createdAt_idx" ON "AuditLog" ("companyId", "createdAt");
CREATE TABLE "EventLog" (
    id          text PRIMARY KEY,
    "companyId" text NOT NULL REFERENCES "Company" ON DELETE RESTRICT ON UPDATE CASCADE,
    type        text NOT NULL,
    payload     jsonb NOT NULL,
    "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE "Outbox" (
    id            text PRIMARY KEY,
    type          text NOT NULL,
    payload       jsonb NOT NULL,
    status        text NOT NULL DEFAULT 'pending',
    attempts      integer NOT NULL DEFAULT 0,
    "maxAttempts" integer NOT NULL DEFAULT 5,
    "nextRetryAt" timestamp(3),
    error         text,
    "createdAt"   timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"   timestamp(3) NOT NULL
);
CREATE TABLE "AppToken" (
    id           text PRIMARY KEY,
    "companyId"  text NOT NULL REFERENCES "Company" ON DELETE RESTRICT ON UPDATE CASCADE,
    name         text NOT NULL,
    "tokenHash"  text NOT NULL,
    revoked      boolean NOT NULL DEFAULT false,
    "lastUsedAt" timestamp(3),
    "createdAt"  timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE "WebhookDelivery" (
    id            text PRIMARY KEY,
    "companyId"   text NOT NULL REFERENCES "Company" ON DELETE RESTRICT ON UPDATE CASCADE,
    url           text NOT NULL,
    status        text NOT NULL,
    attempts      integer NOT NULL,
    "lastError"   text,
    "createdAt"   timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deliveredAt" timestamp(3)
);
CREATE TABLE "RefreshToken" (
    id          text PRIMARY KEY,
    "userId"    text NOT NULL REFERENCES "User" ON DELETE RESTRICT ON UPDATE CASCADE,
    revoked     boolean NOT NULL DEFAULT false,
    "expiresAt" timestamp(3) NOT NULL,
    "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE "PasswordReset" (
    id          text PRIMARY KEY,
    "userId"    text NOT NULL REFERENCES "User" ON DELETE RESTRICT ON UPDATE CASCADE,
    "expiresAt" timestamp(3) NOT NULL,
    used        boolean NOT NULL DEFAULT false
);
CREATE TABLE "Invite" (
    id          text PRIMARY KEY,
    "companyId" text NOT NULL REFERENCES "Company" ON DELETE RESTRICT ON UPDATE CASCADE,
    email       text NOT NULL,
    "expiresAt" timestamp(3) NOT NULL,
    accepted    boolean NOT NULL DEFAULT false
);
CREATE TABLE "ConsentEvent" (
    id          text PRIMARY KEY,
    "userId"    text REFERENCES "User" ON DELETE SET NULL ON UPDATE CASCADE,
    kind        "ConsentKind" NOT NULL,
    accepted    boolean NOT NULL,
    "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE "DsrRequest" (
    id               text PRIMARY KEY,
    "requesterEmail" text NOT NULL,
    kind             "DsrKind" NOT NULL,
    status           "DsrStatus" NOT NULL DEFAULT 'REQUESTED',
    "createdAt"      timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt"      timestamp(3) NOT NULL
);
CREATE TABLE "TestUser" (
    id               text PRIMARY KEY,
    username         text NOT NULL,
    "expirationDate" timestamp(3) NOT NULL,
    status           text NOT NULL DEFAULT 'active',
    "createdAt"      timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
