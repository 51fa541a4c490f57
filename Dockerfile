# The server with its production dependencies, built from this folder:
#   docker build --tag smart-chat-server .
#   docker run --env JWT_SECRET --volume chat-data:/app/data --publish 3001:3001 smart-chat-server

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY bin bin
COPY package.json LICENSE ./
# Of all folders the server writes to this one alone: the SQLite database.
RUN mkdir data && chown node:node data
VOLUME /app/data
USER node
EXPOSE 3001
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["node", "bin/smart-chat-server.js", "health"]
# Not through npm, which would stand between the server and its signals.
CMD ["node", "dist/server.js"]
